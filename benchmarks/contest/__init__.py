"""The contest: refreshes of hundreds of segments against pipelines and DuckDB on the same data, with equal members.

python -m benchmarks.contest (`make bench`, `make bench-full`)
"""

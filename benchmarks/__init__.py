"""Measurements of seggql against MongoDB itself, as ratios within one run: `python -m benchmarks.refresh` and so on.

Figures need a machine with nothing else to do: those in seconds come out too long otherwise, and those that compare one
process with two are off. `chrt -f 1 python -m …` (root) puts a measurement before everything else.
"""

"""Measurements of seggql against MongoDB itself, as ratios within one run: `python -m benchmarks.refresh` and so on."""

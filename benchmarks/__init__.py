"""Benchmarks of the tap and of other ways to read the same export: `python -m benchmarks`."""

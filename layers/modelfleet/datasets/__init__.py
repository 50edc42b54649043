"""Data set versions: checks, splits, storage, and comparison."""

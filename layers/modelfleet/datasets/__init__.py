"""Data set versions: checked, split, stored and compared."""

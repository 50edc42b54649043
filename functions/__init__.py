"""The deployed functions, one folder per unit."""

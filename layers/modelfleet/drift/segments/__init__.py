"""Performance by slice, and differences between groups of sensitive columns, in production."""

"""Try a model: one row, what if a value changes, and a table to rank."""

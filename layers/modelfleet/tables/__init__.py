"""From the bytes of a table to typed rows, and from rows to numbers."""

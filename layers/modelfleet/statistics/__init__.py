"""Numbers from arrays: no I/O, no model library's state."""

"""Statistics on arrays, free of I/O and of any modelling library's state."""

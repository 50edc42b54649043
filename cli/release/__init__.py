"""Release pointers, history and the release function."""

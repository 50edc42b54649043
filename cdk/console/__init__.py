"""The console: its function, and its client of the user pool."""

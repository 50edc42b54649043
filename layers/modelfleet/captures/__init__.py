"""Predictions on their way from the log to the lake, and read back from it."""

"""Captures: delivery of predictions from the log to the lake, and reading them back."""

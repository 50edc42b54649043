"""Metrics on held-out rows, slices, comparison, and the promotion gate."""

"""Bulk scoring in parts."""

"""Bulk scoring jobs."""

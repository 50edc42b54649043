"""Batch scoring jobs."""

"""Batch scoring of large tables in parts."""

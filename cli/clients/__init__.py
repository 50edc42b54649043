"""Clients of the API: their keys, limits, and permissions."""

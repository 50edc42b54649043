"""Distances and tests between a reference and current values."""

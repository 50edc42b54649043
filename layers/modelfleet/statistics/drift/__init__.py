"""Distances and tests between reference and current values."""

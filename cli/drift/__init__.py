"""Drift runs and their reports."""

"""Predictions: load, route, score, cache, and explain."""

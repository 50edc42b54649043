"""Realized and expected performance of the served versions."""

"""Drift and performance: detection, decision, alerts and reports."""

"""Drift and performance: detection, decisions, alerts, and reports."""

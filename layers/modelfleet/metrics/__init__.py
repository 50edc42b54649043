"""Metric names, and their export to CloudWatch and OpenMetrics."""

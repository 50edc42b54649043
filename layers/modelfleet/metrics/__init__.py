"""Metric names, each defined once, and their way into CloudWatch and OpenMetrics."""

"""Metrics of predictions: values, intervals, and expectations."""

"""Candidate pipelines: building blocks, selection, and tuning."""

"""Outcomes: what actually happened after a prediction, and which client reported it."""

"""What actually happened after a prediction, and who reported it."""

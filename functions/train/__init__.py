"""The train function: every step of a retraining but the release."""

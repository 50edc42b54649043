"""The train function: all steps of a retraining except the release."""

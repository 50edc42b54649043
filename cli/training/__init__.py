"""Training, on this machine or by the retraining state machine."""

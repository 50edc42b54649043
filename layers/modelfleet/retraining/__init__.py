"""The retraining state machine: its states and their data."""

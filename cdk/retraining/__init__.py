"""The retraining stack: state machine, schedules, and the functions behind its steps."""

"""The retraining stack: the state machine, its functions, and its schedules."""

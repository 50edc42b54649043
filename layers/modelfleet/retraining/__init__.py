"""The state machine that retrains: its states and what they hand to each other."""

"""The predict function: one model's HTTP API."""

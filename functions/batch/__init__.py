"""The batch function: every step of a bulk scoring job."""

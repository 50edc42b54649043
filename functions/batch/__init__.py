"""The batch function: all steps of a batch job."""

"""Commands that observe a stage and its models."""

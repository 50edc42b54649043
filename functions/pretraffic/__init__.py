"""The pretraffic function: tries new code of a predict function before callers reach it."""

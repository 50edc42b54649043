"""Pure types and rules: no I/O, no third-party library but pydantic."""

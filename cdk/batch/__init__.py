"""The batch stack: batch scoring of tables."""

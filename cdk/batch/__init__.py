"""The batch stack: bulk scoring of tables."""

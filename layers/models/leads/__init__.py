"""Which contact will convert."""

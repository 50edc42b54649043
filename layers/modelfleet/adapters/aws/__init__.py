"""AWS services, one per file, called without an SDK."""

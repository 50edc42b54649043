"""AWS services, one per file, mostly without an SDK."""

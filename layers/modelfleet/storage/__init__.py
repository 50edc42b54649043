"""Objects in buckets: ports, keys, and stored documents."""

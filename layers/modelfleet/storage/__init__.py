"""Objects in buckets: the ports, every key, and documents read back from them."""

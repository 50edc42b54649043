"""The function that makes the users of the registry's database, at deployments."""

"""The function that creates the users of the registry's database during deployments."""

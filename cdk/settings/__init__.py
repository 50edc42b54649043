"""Settings of the stages, and the overrides of a deployment."""

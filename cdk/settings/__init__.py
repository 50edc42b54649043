"""Settings of the stages, and what a deployment may override."""

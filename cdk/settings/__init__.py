"""What a stage deploys, and what a deployment may change of it."""

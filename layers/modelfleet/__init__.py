"""modelfleet: train, gate, release, and monitor tabular models on AWS or on a laptop."""

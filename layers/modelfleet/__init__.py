"""modelfleet: train, gate, release and watch tabular models on AWS or on a laptop."""

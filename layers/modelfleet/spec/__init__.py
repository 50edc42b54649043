"""What a model declares: features, task, target, gate, release plan, drift policy."""

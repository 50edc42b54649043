"""What the fleet does to a model, in terms of ports."""

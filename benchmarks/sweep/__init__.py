"""Real tables from file to model, as somebody would bring them."""

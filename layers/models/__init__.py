"""The fleet: one folder per model. The catalogue finds them; nothing else lists them."""

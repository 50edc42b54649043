"""Commands that call models and decide which version serves."""

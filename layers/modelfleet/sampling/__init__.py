"""Generated rows, for models without data and for simulated traffic."""

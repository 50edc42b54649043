"""Generated rows, for a model that has no data yet and for simulated traffic."""

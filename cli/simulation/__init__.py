"""Simulated traffic for `fleet simulate`."""

"""Attacks on a running local cloud: `make attack` runs them all against a fresh one."""

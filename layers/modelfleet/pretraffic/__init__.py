"""Checks of a predict function's new code before it receives traffic."""

"""Checks of new code before it gets traffic."""

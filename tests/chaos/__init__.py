"""Kills parts of a local cloud at random moments, and looks for what that has lost."""

"""Drafting of a model from an unknown table."""

"""Writes the folder of a new model from a table."""

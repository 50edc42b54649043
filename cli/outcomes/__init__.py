"""Deleting what is kept of an entity."""

"""Drafting of a new model: from a table to the files of its folder."""

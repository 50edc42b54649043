"""Outcomes from files: read a table, find the predictions, and store what is new."""

"""Warnings of a plan: what a person should look at before a model is made of a table."""

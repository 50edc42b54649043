"""Deployed functions, one package each."""

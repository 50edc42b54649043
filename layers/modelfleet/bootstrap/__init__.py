"""Builds adapters from settings, lazily and once; one module per function."""

"""Builds adapters from settings, each once and when it is first asked for: a file a function."""

"""Nightly summaries: what the console's pages show of a model, in small documents."""

"""Comparisons of two models or two arms."""

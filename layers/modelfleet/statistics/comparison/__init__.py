"""Statistical comparison of two models or two arms."""

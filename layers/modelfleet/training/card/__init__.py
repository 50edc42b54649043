"""The model card: sections, plots and gaps."""

"""Model card: sections, plots, and known gaps."""

"""Monthly costs of a stage: its templates, priced line by line."""

"""What a stage costs a month: its own templates, priced line by line."""

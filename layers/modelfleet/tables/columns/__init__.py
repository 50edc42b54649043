"""From a column's texts to its values: numbers, dates, missing-value words."""

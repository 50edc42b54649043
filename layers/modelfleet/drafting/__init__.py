"""From an unknown table to the plan of a model."""

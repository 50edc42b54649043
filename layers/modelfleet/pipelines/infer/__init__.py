"""From a table that nobody here has seen to the plan of a model, with the reasons in words."""

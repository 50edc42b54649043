"""Commands that make, train and compare models and their data sets."""

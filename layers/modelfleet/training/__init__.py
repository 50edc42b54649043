"""Steps from a data set version to a registered model version."""

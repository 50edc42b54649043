"""The steps that turn a data set version into a registered model version."""

"""The captures function: carries predictions from the log groups to the lake."""

"""The captures function: delivers predictions from the log groups to the lake."""

"""The infrastructure: settings per stage, stacks and constructs."""

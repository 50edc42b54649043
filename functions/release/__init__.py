"""The release function: moves a model's release pointer."""

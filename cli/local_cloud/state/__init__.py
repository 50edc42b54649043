"""The local cloud's state on disk: written, checked, restored."""

"""Bundles, versions, aliases, and the release pointer."""

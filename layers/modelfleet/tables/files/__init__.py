"""Parsing of files in any supported format into a header and records."""

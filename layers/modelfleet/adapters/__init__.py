"""One outside library per file, each behind a port of the domain."""

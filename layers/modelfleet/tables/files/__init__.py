"""From the bytes of a file to its header and records, whatever the kind of file."""

"""Tables: parsing of files into typed rows, and encoding of rows as numbers."""

"""The storage stack: everything stateful."""

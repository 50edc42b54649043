"""The console: who may see and change what, and the pages that show the fleet."""

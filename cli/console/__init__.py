"""The console: the people of the local one, and links that sign in."""

"""The console: the fleet's pages and their JSON API, for people who are signed in."""

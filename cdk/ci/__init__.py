"""The CI stack: the identity provider of GitHub, and the roles that workflows assume."""

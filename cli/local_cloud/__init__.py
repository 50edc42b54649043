"""The local cloud: an AWS engine and PostgreSQL as child processes, with all state in `.fleet/`.

The engine is MiniStack; the package `engine` documents what it replaces in MiniStack and why.
"""

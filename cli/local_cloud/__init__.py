"""The local cloud: the AWS engine and PostgreSQL as child processes, all state under `.fleet/`.

The engine is MiniStack; the package `engine` says what of it is replaced and why.
"""

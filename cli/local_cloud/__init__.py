"""The local cloud: the AWS engine and PostgreSQL as child processes, all state under `.fleet/`.

The engine is MiniStack; `engine_process` starts it, and says what of it is replaced and why.
"""

"""The AWS engine's process: MiniStack, with its differences from AWS corrected.

It runs as `python -m cli.local_cloud.engine`. Modules that do not import MiniStack contain the
logic; the others connect it to MiniStack's internals.
"""

"""The AWS engine: MiniStack, with corrections. Runs as `python -m cli.local_cloud.engine`."""

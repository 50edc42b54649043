"""The local cloud: the AWS engine and PostgreSQL as child processes, all state under `.fleet/`."""

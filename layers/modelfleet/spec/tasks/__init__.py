"""Definitions of the tasks: one module per task, each an instance of `kind.TaskKind`."""

"""How each task is drafted: one module per task behind the protocol in `task_draft`."""

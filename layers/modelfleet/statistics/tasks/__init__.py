"""How each task is measured: one module per task behind the protocol in `task_statistics`."""

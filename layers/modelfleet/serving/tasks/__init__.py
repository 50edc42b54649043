"""How each task answers: one module per task behind the protocol in `task_answers`."""

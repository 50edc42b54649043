"""Drafts of each task: one module per task, each an instance of `TaskDraft`."""

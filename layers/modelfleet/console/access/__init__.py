"""Access to the console: roles, sessions, tokens of forms, and the audit log."""

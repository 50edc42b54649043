"""Adapters: one third-party library or service per file, each behind a domain port."""

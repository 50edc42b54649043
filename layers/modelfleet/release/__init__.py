"""Gradual release: lock, trial, judgment, promotion, and rollback."""

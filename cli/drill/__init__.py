"""The restore drill: backups are restored next to the live stage and checked."""

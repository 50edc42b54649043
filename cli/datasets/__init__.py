"""Data set versions and synthetic samples."""

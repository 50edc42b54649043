"""Data set versions and generated samples."""

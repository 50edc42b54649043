"""The drift function: monitors one model, on schedule or on demand."""

"""The drift function: watches one model, by the clock or on demand."""

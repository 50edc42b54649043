"""The drift stack: a drift function per model, its schedule, and rules on its decisions."""

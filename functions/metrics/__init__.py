"""The metrics function: offers what the fleet measures as OpenMetrics text."""

"""The metrics function: exports the fleet's metrics as OpenMetrics text."""

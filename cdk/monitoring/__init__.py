"""The monitoring stack: alarms, alert topic, dashboard, and budget."""

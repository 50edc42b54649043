"""What each task is: one module per task behind the protocol in `kind`."""

"""Should a customer be offered the Ultra plan."""

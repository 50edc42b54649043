"""Will a bank's customer leave."""

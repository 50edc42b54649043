"""What an account, a stage's settings, and this machine lack for a deployment."""

"""Quality benchmark: the fleet's default training against boosters with default settings."""

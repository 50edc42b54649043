"""Models that the tests have beside those of the fleet, each a folder as the fleet's are."""

"""The pre-traffic function: checks new code of a predict function before it receives traffic."""

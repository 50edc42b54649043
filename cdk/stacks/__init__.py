"""The four stacks: what is kept, what serves, what retrains, what watches."""

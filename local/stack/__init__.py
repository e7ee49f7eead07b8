"""The embedded stack, and the processes that it is made of."""

"""The way in over API Gateway: bodies in, replies and errors out, in the caller's language."""

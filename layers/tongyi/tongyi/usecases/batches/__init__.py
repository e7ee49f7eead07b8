"""Files of requests: the steps of the state machine image_file."""

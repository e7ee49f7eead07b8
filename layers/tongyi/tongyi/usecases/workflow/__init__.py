"""The steps of the state machine image_task, and `reconcile`."""

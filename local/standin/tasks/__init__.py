"""Tasks: their schedule, queues, limits and views."""

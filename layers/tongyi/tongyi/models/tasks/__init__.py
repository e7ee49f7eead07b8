"""Tasks: records, statuses, waits, the event of a task's end, filters of lists."""

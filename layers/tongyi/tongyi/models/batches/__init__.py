"""Files of requests: their lines, runs and summaries."""

"""Queues and the event bus."""

"""Webhooks: where they may go, what they say, and how far each is."""

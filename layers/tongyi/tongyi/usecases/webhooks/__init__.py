"""Webhooks: sent, listed, sent again."""

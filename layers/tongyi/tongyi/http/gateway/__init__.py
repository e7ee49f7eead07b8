"""The gateway's own API: its replies and their schemas."""

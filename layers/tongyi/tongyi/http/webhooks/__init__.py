"""The routes about webhooks: their replies and schemas."""

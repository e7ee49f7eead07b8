"""HTTP to hosts that others name, guarded: images are fetched, webhooks sent."""

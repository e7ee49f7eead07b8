"""What the gateway does, one module each: chat, submit, dispatch, check, store, close, show, authorize."""

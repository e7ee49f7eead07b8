"""How long a test waits for anything."""

# Seconds: long enough for any machine, reached only when something hangs.
PATIENCE = 300

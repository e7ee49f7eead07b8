"""Images that are painted, kept and linked to, and files that are uploaded."""

"""The endpoints of chats."""

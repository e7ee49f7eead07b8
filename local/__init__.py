"""What runs on the developer's machine and is never deployed."""

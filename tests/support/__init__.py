"""What the tests stand on: fixtures derived from what ships."""

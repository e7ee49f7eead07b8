"""Faults: their kinds, which call gets which, and what comes of it."""

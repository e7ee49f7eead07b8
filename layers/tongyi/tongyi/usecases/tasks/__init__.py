"""Requests for images, and their tasks as callers see them."""

"""The endpoints of images."""

"""Commands of the Makefile, and what several of them read."""

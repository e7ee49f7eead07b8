"""The one table, by what its items are about: a module for each kind."""

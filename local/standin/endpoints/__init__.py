"""The upstream endpoints, one module each, and the table that names them."""

"""DashScope's API: replies in its shapes."""

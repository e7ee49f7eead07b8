"""OpenAI's API: replies in its shapes."""

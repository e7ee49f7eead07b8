"""DashScope: its operations, the connection, its replies and what its errors mean."""

"""The workspace and the screens that open over it."""

"""The engine: sessions, operations and their records, without any user interface."""

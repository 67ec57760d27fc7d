"""Panes of the workspace, one per file."""

"""Bytes and values to styled lines: pure functions, no widgets."""

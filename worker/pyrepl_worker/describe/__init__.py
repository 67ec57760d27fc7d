"""Inert descriptions of values: no user code runs for any of them (see `static`)."""

from __future__ import annotations

from .listing import Listing
from .static import type_name
from .summaries import SUMMARY, length, shape, size, summary

__all__ = ["SUMMARY", "Listing", "length", "shape", "size", "summary", "type_name"]

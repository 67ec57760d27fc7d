"""The files of a transcript folder that both sides know, and the record of the order file."""

from __future__ import annotations

import struct

JOURNAL, STDOUT, STDERR, ORDER = "journal", "stdout", "stderr", "order"
"""Files of a transcript folder. The journal holds frames of the events marked *journaled*."""

DISPLAYS = "displays"
"""Folder within it, for large contents of rich values."""

ARCHIVES = "archives"
"""Folder within it, for the durable forms of checkpoints."""

MANIFESTS = "manifests"
"""Folder within that: ``<checkpoint id>.json`` for each archive that is whole."""

PINS = "pins"
"""Folder beside it: a file for each checkpoint whose archive is kept until it is deleted."""

VALUE = "application/vnd.pyrepl.value"
"""Key present in the bundle of a run's value, which then needs no other showing."""

MARK = struct.Struct("<QQII")
"""One record of the order file: size of stdout, size of stderr, ordinal, zero.

From these sizes on, until the sizes of the next mark, output belongs to the run with that ordinal
(0: to no run); within that region stdout's bytes come first, then stderr's. A mark is written
before the first byte it speaks of, whenever the stream or the run that writes changes.
"""

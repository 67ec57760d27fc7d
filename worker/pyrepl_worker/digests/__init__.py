"""Content digests of values, and outlines of what they hold, computed without user code.

What counts as equal:

* types count: 1, 1.0 and True differ, a subclass differs from its base;
* floats by their bits, but all NaN are equal; 0.0 and -0.0 differ;
* the order of a dict's items does not count, that of an OrderedDict's does; sets have none;
* sharing does not count: ``[a, a]`` equals ``[a, copy of a]``; a cycle is told by how far up it
  leads, and among objects that lead back to each other it counts which one is meant;
* objects by their class's name and their attributes; classes and functions of the session by
  what they define and their compiled code, others by name and code;
* what only C code knows the state of (files, locks, generators) cannot be told: it is unknown.
"""

from __future__ import annotations

from .digester import Digester
from .hashing import Digested

__all__ = ["Digested", "Digester"]

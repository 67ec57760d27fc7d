"""The durable form of a checkpoint: variables, sources and state in content-addressed chunks."""

from __future__ import annotations

from .loading import load, load_variables
from .manifest import LoadReport, Manifest, describe
from .saving import SaveContext, save
from .shelf import Damage
from .store import Store

__all__ = [
    "Damage", "LoadReport", "Manifest", "SaveContext", "Store", "describe", "load",
    "load_variables", "save",
]  # fmt: skip

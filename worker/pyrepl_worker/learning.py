"""What sessions turn out to need, their nursery loads too: the next ones have it, and share it."""

from __future__ import annotations

import gc
import time
from typing import TYPE_CHECKING

from . import late
from .brood import Worker, kill
from .immortals import make_immortal

if TYPE_CHECKING:
    from .shadows import Shadows


class Learning:
    """Modules of ours that a nursery is to load when it has nothing else to do."""

    def __init__(self, shadows: Shadows) -> None:
        self._shadows = shadows
        self.names: list[str] = []
        """Those that workers have loaded, first first."""

    def learn(self, workers: list[Worker]) -> None:
        """Load them; of the workers, spares that have not got them are ended."""
        names, self.names = self.names, []
        if not late.load_all(names):
            return
        self._shadows.renew()
        settle()
        for worker in workers:
            if worker.session is None:
                kill(worker.pid)
                worker.kill_at = time.monotonic()


def settle() -> None:
    """Leave the objects that there are alone from now on, for forks to share."""
    gc.collect()
    gc.unfreeze()  # what was frozen before this was collected before
    make_immortal()
    gc.freeze()
    gc.disable()

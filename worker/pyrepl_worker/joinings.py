"""Who waits to hear that an image has come to be: it joins the nursery, which tells the worker."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .records import changeable

if TYPE_CHECKING:
    from collections.abc import Callable

    from .node import Node


@changeable(eq=False)
class _Joining:
    tell: Callable[[bool], None]
    announced: bool = False
    ok: bool | None = None
    """Whether the nursery has the image; None: not known yet."""


class Joinings:
    """Those who wait, by checkpoint. Both threads come here."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._waiting: dict[str, _Joining] = {}

    def expect(self, checkpoint_id: str, tell: Callable[[bool], None]) -> None:
        """Have whoever serves say whether an image about to be forked came to be."""
        self._waiting[checkpoint_id] = _Joining(tell)

    def forget(self, checkpoint_id: str) -> None:
        """There is no image to wait for."""
        with self._node.audience.lock:
            self._waiting.pop(checkpoint_id, None)

    def joined(self, checkpoint_id: str, ok: bool) -> None:
        """The nursery has, or will not have, an image."""
        with self._node.audience.lock:
            joining = self._waiting.get(checkpoint_id)
            if joining is not None:
                joining.ok = ok
                self._tell_if_done(checkpoint_id, joining)

    def announced(self, checkpoint_id: str) -> None:
        """The clients know of a checkpoint now, so they may be told that it was taken."""
        with self._node.audience.lock:
            joining = self._waiting.get(checkpoint_id)
            if joining is not None:
                joining.announced = True
                self._tell_if_done(checkpoint_id, joining)

    def none_will_join(self) -> None:
        """The nursery is gone."""
        for checkpoint_id in list(self._waiting):
            self.joined(checkpoint_id, False)

    def _tell_if_done(self, checkpoint_id: str, joining: _Joining) -> None:
        if joining.announced and joining.ok is not None:
            del self._waiting[checkpoint_id]
            joining.tell(joining.ok)

"""Rich values as parts of a block: what they are, and how they look at the widths asked for."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Mapping

from pyrepl_worker import protocol

from .events import StoredContent
from .output_parts import DISPLAY, Part, TextPart

PLAIN = "text/plain"
_MARKDOWN = "text/markdown"
_BARE = re.compile(r"<[\w.]+ object at 0x[0-9a-fA-F]+>")
"""A repr that says nothing: what is written in Markdown is as plain, and says it."""

_GUESS = 12
"""Rows a value is taken to have before anybody looks at it."""
_KEPT_WIDTHS = 3


class DisplayPart(TextPart):
    """A rich value. As text it is its plain form, for copying and finding."""

    __slots__ = ("_render", "_views", "bundle")

    def __init__(
        self,
        bundle: Mapping[str, str | bytes | StoredContent],
        render: Callable[[DisplayPart, int], str],
    ) -> None:
        """Take what the journal has.

        Args:
            bundle: MIME type to content.
            render: gives lines of at most so many cells, with escape sequences for colours.
        """
        self.bundle = bundle
        self._render = render
        self._views: OrderedDict[int, TextPart] = OrderedDict()
        text = self.text_of(PLAIN) or ""
        if _BARE.fullmatch(text):
            text = self.text_of(_MARKDOWN) or text
        text = text or ", ".join(mime for mime in bundle if mime != protocol.VALUE)
        super().__init__(DISPLAY, text, "value" if protocol.VALUE in bundle else "")

    def content(self, mime: str) -> str | bytes | None:
        """A content of the bundle; None if there is none of this type, or it was not kept."""
        found = self.bundle.get(mime)
        if not isinstance(found, StoredContent):
            return found
        try:
            return found.read()
        except OSError:
            return None

    def text_of(self, mime: str) -> str | None:
        """A content of the bundle as text."""
        found = self.content(mime)
        return found.decode("utf-8", "replace") if isinstance(found, bytes) else found

    def view(self, width: int) -> TextPart:
        """The value as lines for a width; blank ones until `Unseen.show` was called."""
        found = self._views.get(width)
        if found is None:
            found = self._views[width] = Unseen(self, width)
            while len(self._views) > _KEPT_WIDTHS:
                self._views.popitem(last=False)
        return found

    def show(self, width: int) -> TextPart:
        """The value as lines for a width."""
        if isinstance(self.view(width), Unseen):
            lines = self._render(self, width)
            self._views[width] = Seen(self, lines.rstrip("\n") or self.text)
        return self._views[width]


class Unseen(TextPart):
    """Stands for a value that nobody has looked at: to render all of them takes too long."""

    __slots__ = ("_owner", "_width")

    def __init__(self, owner: DisplayPart, width: int) -> None:
        super().__init__(DISPLAY, "\n" * (_GUESS - 1), owner.label)
        self._owner = owner
        self._width = width

    def show(self) -> TextPart:
        """The value's lines."""
        return self._owner.show(self._width)


class Seen(TextPart):
    """A value as lines for a width."""

    __slots__ = ("owner",)

    def __init__(self, owner: DisplayPart, lines: str) -> None:
        super().__init__(DISPLAY, lines, owner.label)
        self.owner = owner
        """The value."""


def shown(parts: list[Part], width: int) -> list[Part]:
    """The parts of a block as they are shown: values as lines of at most `width` cells."""
    return [part.view(width) if isinstance(part, DisplayPart) else part for part in parts]

"""A session's display system: rich values, ``display()`` and figures, towards the clients."""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING, Any

from .bundles import guarded, is_plain, method_of, normalized, representations
from .figures import Figures
from .protocol import VALUE
from .publishing import DEFAULT_CAP, INLINE, Publisher

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from .bundles import Bundle
    from .streams import Output


class Displays:
    """What a session shows besides text."""

    def __init__(
        self, output: Output, post: Callable[[object], None], session: dict[str, Any]
    ) -> None:
        cap = int((session.get("limits") or {}).get("display_bytes", DEFAULT_CAP))
        options = session.get("display") or {}
        self._publisher = Publisher(output, post, cap)
        self._colours = str(options.get("colours", ""))
        self._with_figures = bool(options.get("figures"))
        self.figures = Figures(self._publisher.publish)

    def install(self) -> None:
        """Put ``display`` into builtins and, if the session asks for it, wait for matplotlib."""

        def display(
            *objects: Any,
            include: Collection[str] | None = None,
            exclude: Collection[str] | None = None,
            metadata: Any = None,
            transient: Any = None,
            raw: bool = False,
        ) -> None:
            """Show objects in the output, as richly as they can.

            Args:
                objects: what to show; with `raw` dicts of MIME type to content.
                include: the MIME types to show; None: all that there are.
                exclude: MIME types not to show.
                metadata: accepted for the sake of code written for IPython; of no effect.
                transient: the same.
                raw: the objects are bundles already.
            """
            del metadata, transient
            for each in objects:
                self._display(each, include, exclude, raw=raw)

        display.__qualname__, display.__module__ = "display", "builtins"
        builtins.display = display  # type: ignore[attr-defined]
        if self._with_figures:
            self.figures.install()

    def show_value(self, value: object, text: str) -> None:
        """Show a run's value, if there is more to it than its repr."""
        if is_plain(value):
            return
        bundle = self._bundle_of(value)
        if bundle is None:
            self._publisher.publish({VALUE: ""})
        elif bundle:
            self._publisher.publish({VALUE: "", **bundle, "text/plain": text[:INLINE]})

    def finish(self) -> None:
        """At the end of a run: show the figures that are left."""
        if self.figures.used:
            guarded(self.figures.flush)

    def _bundle_of(self, value: object) -> Bundle | None:
        """What a value shows of itself; None if it has shown itself."""
        method = None if is_plain(value) else method_of(value, "_ipython_display_")
        if method is not None and guarded(lambda: (method(),)) is not None:
            return None
        return self.figures.as_value(value) or representations(value, self._colours)

    def _display(
        self,
        value: Any,
        include: Collection[str] | None,
        exclude: Collection[str] | None,
        *,
        raw: bool,
    ) -> None:
        if raw:
            bundle: Bundle | None = normalized(dict(value))
        else:
            bundle = self._bundle_of(value)
            if bundle is not None:
                text = repr(value)
                bundle["text/plain"] = str.__getitem__(text, slice(INLINE))
        if bundle is None:
            return
        kept = {
            mime: content
            for mime, content in bundle.items()
            if (include is None or mime in include) and mime not in (exclude or ())
        }
        if kept:
            self._publisher.publish(kept)

"""Figures of matplotlib: a backend of our own that shows them with the output of their run.

Nothing of matplotlib is imported before user code does. Until then a finder waits on
``sys.meta_path``: it makes ours the default backend when matplotlib is loaded, gives matplotlib the
backend's module when it asks for it, and is gone then. Whatever backend the user chooses wins.
"""

from __future__ import annotations

import importlib
import io
import os
import sys
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .bundles import Bundle

BACKEND = "pyrepl_inline"
"""Name of the backend's module, for matplotlib's eyes only."""


class Figures:
    """The figures of a session, from pyplot to the clients."""

    def __init__(self, publish: Callable[[Bundle], None]) -> None:
        self._publish = publish
        self._finder: _Finder | None = None
        self._canvas: type | None = None
        """The backend's canvas; None until matplotlib has asked for it."""
        self._shown: WeakSet[Any] = WeakSet()
        """Figures that the run has shown already."""

    @property
    def used(self) -> bool:
        """Whether matplotlib has loaded our backend."""
        return self._canvas is not None

    def install(self) -> None:
        """Wait for matplotlib, or take over the one that was preloaded."""
        self._finder = _Finder(self)
        sys.meta_path.insert(0, self._finder)
        matplotlib = sys.modules.get("matplotlib")
        if matplotlib is not None:
            self.choose(matplotlib)

    def choose(self, matplotlib: Any) -> None:
        """Make ours the backend, unless one was chosen."""
        if os.environ.get("MPLBACKEND") or _chosen(matplotlib):
            return
        matplotlib.rcParams["backend"] = f"module://{BACKEND}"

    def fill(self, module: ModuleType) -> None:
        """Give the backend's module what matplotlib looks for in a backend."""
        bases: Any = importlib.import_module("matplotlib.backend_bases")
        agg: Any = importlib.import_module("matplotlib.backends.backend_agg")

        def show(*args: Any, **options: Any) -> None:
            """Show all open figures now."""
            del args, options  # whether to block: there is nothing to wait for
            self.flush()

        def show_one(manager: Any) -> None:
            """Show this figure now."""
            self.show_now(manager.canvas.figure)
            self._shown.add(manager.canvas.figure)

        look = {"__module__": BACKEND, "show": show_one, "pyplot_show": staticmethod(show)}
        manager = type("FigureManager", (bases.FigureManagerBase,), look)
        look = {"__module__": BACKEND, "manager_class": manager}
        self._canvas = type("FigureCanvas", (agg.FigureCanvasAgg,), look)
        vars(module).update(FigureManager=manager, FigureCanvas=self._canvas, show=show)

    def flush(self) -> None:
        """Show the figures that pyplot holds for our backend, and close them there."""
        pyplot, canvas = sys.modules.get("matplotlib.pyplot"), self._canvas
        if pyplot is None or canvas is None:
            return
        shown, self._shown = self._shown, WeakSet()
        figures = [pyplot.figure(number) for number in pyplot.get_fignums()]
        for figure in figures:
            if isinstance(figure.canvas, canvas):
                pyplot.close(figure)
                if figure not in shown:
                    self.show_now(figure)

    def show_now(self, figure: Any) -> None:
        """Show one figure, if there is anything on it."""
        if figure.axes or figure.lines or figure.texts:
            bundle: Bundle = {"image/png": png_of(figure)}
            bundle["text/plain"] = repr(figure)
            self._publish(bundle)

    def as_value(self, value: object) -> Bundle:
        """The picture of a value that is a figure; empty for anything else."""
        module = sys.modules.get("matplotlib.figure")
        if module is None or not isinstance(value, getattr(module, "Figure", ())):
            return {}
        self._shown.add(value)
        return {"image/png": png_of(value)}


def png_of(figure: Any) -> bytes:
    """A figure as PNG."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=figure.dpi, bbox_inches="tight")
    return buffer.getvalue()


def _chosen(matplotlib: Any) -> bool:
    """Whether a settings file or code has chosen a backend."""
    backend = dict.__getitem__(matplotlib.rcParams, "backend")
    return isinstance(backend, str)


class _Finder:
    """Waits for matplotlib to be imported, and for it to ask for our backend."""

    def __init__(self, figures: Figures) -> None:
        self._figures = figures

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> Any:
        if name == BACKEND:
            if self in sys.meta_path:
                sys.meta_path.remove(self)
            return ModuleSpec(name, _BackendLoader(self._figures))  # type: ignore[arg-type]
        return self._spy_on(path, target) if name == "matplotlib" else None

    def _spy_on(self, path: Sequence[str] | None, target: ModuleType | None) -> Any:
        """Matplotlib's own spec, whose loader tells us when it is done."""
        others = [finder for finder in sys.meta_path if finder is not self]
        found = (finder.find_spec("matplotlib", path, target) for finder in others)
        spec = next((each for each in found if each is not None), None)
        if spec is None or spec.loader is None:
            return spec
        execute = spec.loader.exec_module

        def exec_module(module: ModuleType) -> None:
            execute(module)
            self._figures.choose(module)

        spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec


class _BackendLoader:
    """Makes the backend's module."""

    def __init__(self, figures: Figures) -> None:
        self._figures = figures

    def create_module(self, spec: ModuleSpec) -> None:
        """The ordinary kind of module will do."""

    def exec_module(self, module: ModuleType) -> None:
        """Fill it."""
        self._figures.fill(module)

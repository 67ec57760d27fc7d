"""Modules whose files have changed, loaded again so that what was imported from them follows."""

from __future__ import annotations

import importlib
import os
import sys
import types
from typing import Any

from .tracebacks import report

_CODE = ("__code__", "__defaults__", "__kwdefaults__", "__doc__", "__dict__")


class Reloader:
    """Knows the modules' files as they were when they were looked at last."""

    def __init__(self) -> None:
        self.following = False
        """Whether changes are looked for before each run."""
        self._seen: dict[str, float] = {}
        import sysconfig  # here, as most sessions never need it

        paths = sysconfig.get_paths()
        self._elsewhere = tuple(
            os.path.join(folder, "")
            for folder in {paths["stdlib"], paths["purelib"], paths["platlib"], *_user_site()}
        )

    def follow(self, on: bool) -> None:
        """Look for changes before each run, or no more."""
        self.following = on
        self._look()

    def reload(self) -> list[str]:
        """Reload changed modules; names of those. One that fails keeps its old contents."""
        done = []
        for name, module in self._look():
            held = dict(vars(module))
            try:
                importlib.reload(module)
            except BaseException as error:
                vars(module).clear()
                vars(module).update(held)
                report(f"{name} was not reloaded: {type(error).__name__}: {error}\n")
                continue
            _carry_over(held, vars(module), name)
            done.append(name)
        return done

    def _look(self) -> list[tuple[str, types.ModuleType]]:
        """Modules of the user's that changed since they were seen; those not seen did if loaded."""
        changed = []
        for name, module in list(sys.modules.items()):
            file = getattr(module, "__file__", None) if type(module) is types.ModuleType else None
            if type(file) is not str or name == "__main__" or not file.endswith(".py"):
                continue
            if file.startswith(self._elsewhere) or name.partition(".")[0] == "pyrepl_worker":
                continue
            try:
                stamp = os.stat(file).st_mtime
            except OSError:
                continue
            known = self._seen.get(file)
            self._seen[file] = stamp
            if known is None:
                known = _loaded_from(module, file)
            if known is not None and stamp != known:
                changed.append((name, module))
        return changed


def _user_site() -> list[str]:
    import site

    return [site.getusersitepackages()] if site.ENABLE_USER_SITE else []


def _loaded_from(module: types.ModuleType, file: str) -> float | None:
    """When the source was written that a module was compiled from, as its cached code says."""
    cached = getattr(module, "__cached__", None)
    try:
        with open(cached or "", "rb") as held:
            head = held.read(16)
    except OSError:
        return None
    if len(head) < 16 or int.from_bytes(head[4:8], "little"):
        return None
    stamp = int.from_bytes(head[8:12], "little")
    actual = os.stat(file).st_mtime
    return actual if stamp == int(actual) else float(stamp)


def _carry_over(old: dict[str, Any], new: dict[str, Any], module: str) -> None:
    """Let functions and classes held elsewhere act as the new ones of the same name do."""
    for name, held in old.items():
        fresh = new.get(name)
        if fresh is held or type(fresh) is not type(held):
            continue
        if type(held) is types.FunctionType and held.__module__ == module:
            _renew_function(held, fresh)
            new[name] = held
        elif isinstance(held, type) and held.__module__ == module:
            _renew_class(held, fresh)


def _renew_function(held: Any, fresh: Any) -> None:
    if len(held.__code__.co_freevars) != len(fresh.__code__.co_freevars):
        return
    for part in _CODE[:-1]:
        setattr(held, part, getattr(fresh, part))
    held.__dict__.update(fresh.__dict__)


def _renew_class(held: type, fresh: Any) -> None:
    """Give an old class what the new one defines: its instances then follow."""
    for name in [each for each in vars(held) if each not in vars(fresh)]:
        if name not in ("__dict__", "__weakref__"):
            try:
                delattr(held, name)
            except (AttributeError, TypeError):
                continue
    for name, item in list(vars(fresh).items()):
        if name in ("__dict__", "__weakref__", "__doc__"):
            continue
        try:
            setattr(held, name, item)
        except (AttributeError, TypeError):
            continue

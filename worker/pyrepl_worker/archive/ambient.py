"""State of a session that is no variable: how it is taken, and how it is put back.

Each aspect is pickled by itself, so that one that cannot be is named and costs no other.
"""

from __future__ import annotations

import importlib
import locale
import os
import sys
import warnings
from collections.abc import Callable
from typing import Any

Aspect = tuple[Callable[[], Any], Callable[[Any], None]]


def _users(name: str) -> Any:
    """A module as user code imports it; what our import statements load may be a copy of ours."""
    return importlib.import_module(name)


def _take_random() -> Any:
    random = sys.modules.get("random")
    return random.getstate() if random is not None else None


def _put_random(state: Any) -> None:
    _users("random").setstate(state)


def _numpy_random() -> Any:
    numpy = sys.modules.get("numpy.random")
    return numpy.get_state(legacy=True) if numpy is not None else None


def _put_numpy_random(state: Any) -> None:
    import numpy.random  # type: ignore[import-not-found, unused-ignore]

    numpy.random.set_state(state)


def _decimal_context() -> Any:
    decimal = sys.modules.get("decimal")
    if decimal is None:
        return None
    context = decimal.getcontext()
    return (
        context.prec,
        context.rounding,
        context.Emin,
        context.Emax,
        context.capitals,
        context.clamp,
        [flag for flag, is_set in context.flags.items() if is_set],
        [trap for trap, is_set in context.traps.items() if is_set],
    )


def _put_decimal_context(state: Any) -> None:
    decimal = _users("decimal")
    decimal.setcontext(decimal.Context(*state))


def _warning_filters() -> Any:
    return list(warnings.filters)


def _put_warning_filters(state: Any) -> None:
    warnings.filters[:] = state  # type: ignore[index]
    warnings._filters_mutated()  # type: ignore[attr-defined]


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _put_umask(mask: int) -> None:
    os.umask(mask)


def _logging() -> Any:
    logging = sys.modules.get("logging")
    if logging is None:
        return None
    root = logging.getLogger()
    changed = [
        logger
        for logger in list(logging.Logger.manager.loggerDict.values())
        if isinstance(logger, logging.Logger)
        and (logger.level or logger.disabled or logger.handlers or not logger.propagate)
        and not _is_library(logger)
    ]
    untouched = root.level == logging.WARNING and not root.handlers and not root.manager.disable
    if untouched and not changed:
        return None
    # pickled as themselves: putting them back is what unpickling a logger does
    return [root, *changed, logging.root.manager.disable]


def _is_library(logger: Any) -> bool:
    """Whether a package, not the user, set a logger up when it was imported."""
    return logger.name.partition(".")[0] in sys.modules


def _put_logging(state: Any) -> None:
    _users("logging").disable(state[-1])


def _print_options() -> Any:
    numpy = sys.modules.get("numpy")
    return numpy.get_printoptions() if numpy is not None else None


def _put_print_options(state: Any) -> None:
    import numpy

    numpy.set_printoptions(**state)


def _float_errors() -> Any:
    numpy = sys.modules.get("numpy")
    return numpy.geterr() if numpy is not None else None


def _put_float_errors(state: Any) -> None:
    import numpy

    numpy.seterr(**state)


def _pandas_options() -> Any:
    """Options that are not as pandas sets them."""
    pandas = sys.modules.get("pandas")
    config = sys.modules.get("pandas._config.config")
    if pandas is None or config is None:
        return None
    changed = {}
    for name, option in config._registered_options.items():
        with warnings.catch_warnings(module=warnings):
            warnings.simplefilter("ignore")
            value = config.get_option(name)
        if value is not option.defval and value != option.defval:
            changed[name] = value
    return changed or None


def _put_pandas_options(state: Any) -> None:
    import pandas  # type: ignore[import-untyped, import-not-found, unused-ignore]

    for name, value in state.items():
        pandas.set_option(name, value)


def _recursion_limit() -> int:
    return sys.getrecursionlimit()


def _locale() -> Any:
    return locale.setlocale(locale.LC_ALL)


def _put_locale(state: Any) -> None:
    locale.setlocale(locale.LC_ALL, state)


ASPECTS: dict[str, Aspect] = {
    "random": (_take_random, _put_random),
    "numpy.random": (_numpy_random, _put_numpy_random),
    "decimal context": (_decimal_context, _put_decimal_context),
    "warnings filters": (_warning_filters, _put_warning_filters),
    "umask": (_umask, _put_umask),
    "logging": (_logging, _put_logging),
    "numpy print options": (_print_options, _put_print_options),
    "numpy error handling": (_float_errors, _put_float_errors),
    "pandas options": (_pandas_options, _put_pandas_options),
    "recursion limit": (_recursion_limit, sys.setrecursionlimit),
    "locale": (_locale, _put_locale),
}
"""By name: what takes an aspect's state (None: nothing to keep), and what puts it back."""


LOST = {"modules": "variables inside imported modules are as they are after import"}
"""What no archive carries."""


def replaced_streams() -> dict[str, str]:
    """What user code has put in the place of the session's streams, which come back instead."""
    return {
        f"sys.{name}": f"the session's own again, and not the {type(now).__name__} put there"
        for name in ("stdin", "stdout", "stderr")
        if (now := getattr(sys, name, None)) is not getattr(sys, f"__{name}__", None)
    }

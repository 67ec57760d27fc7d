"""What an object can show of itself: MIME types to contents, asked for as IPython asks.

Contents are plain: text is ``str``, pictures are ``bytes``, JSON is its text. The object's own
methods run here, so callers bound the time it takes and catch what it raises.
"""

from __future__ import annotations

import importlib
import io
import json
import sys
from typing import TYPE_CHECKING, Any

from .tracebacks import report_error, trim

if TYPE_CHECKING:
    from collections.abc import Callable

ANSI = "text/vnd.pyrepl.ansi"
"""Text with escape sequences for colours, as rich renders its objects."""

Bundle = dict[str, "str | bytes"]

_METHODS = (
    ("_repr_html_", "text/html"),
    ("_repr_markdown_", "text/markdown"),
    ("_repr_svg_", "image/svg+xml"),
    ("_repr_png_", "image/png"),
    ("_repr_jpeg_", "image/jpeg"),
    ("_repr_latex_", "text/latex"),
    ("_repr_json_", "application/json"),
)
_CANARY = "_ipython_canary_method_should_not_exist_"
_PLAIN = frozenset(
    {
        bool, bytearray, bytes, complex, dict, float, frozenset, int, list, object, range, set,
        slice, str, tuple, type, type(None), type(Ellipsis), type(len), type(lambda: None),
        type(sys),
    }
)  # fmt: skip
"""Types whose instances have nothing but their repr."""


def is_plain(value: object) -> bool:
    """Whether there is nothing to ask: the repr is all."""
    return type(value) in _PLAIN or issubclass(type(value), type)


def method_of(value: object, name: str) -> Callable[..., Any] | None:
    """A display method of an object; None if it has none, or claims to have any method."""
    try:
        found = getattr(value, name, None)
        if not callable(found) or getattr(value, _CANARY, None) is not None:
            return None
    except Exception:
        return None  # an object that cannot even be asked has nothing but its repr
    return found  # type: ignore[no-any-return]  # checked to be callable


def representations(value: object, colours: str = "") -> Bundle:
    """All that an object shows of itself, apart from its repr. A method that fails is told of.

    Args:
        value: the object.
        colours: how many the screen has: ``16``, ``256``, or anything else for all.
    """
    if is_plain(value):
        return {}
    bundle: Bundle = {}
    from .frames import TABLE, table_of

    table = guarded(lambda: table_of(value))
    if table is not None:
        bundle[TABLE] = json.dumps(table, separators=(",", ":"))
    ansi = guarded(lambda: _rich_text(value, colours))
    if ansi is not None:
        return {ANSI: ansi}
    _add(bundle, guarded(lambda: _from_mimebundle(value)) or {})
    for name, mime in _METHODS:
        method = method_of(value, name)
        if method is not None and mime not in bundle:
            _add(bundle, {mime: guarded(method)})
    return bundle


def normalized(contents: dict[Any, Any]) -> Bundle:
    """A bundle from what user code calls one: contents of wrong types are left out."""
    bundle: Bundle = {}
    _add(bundle, contents)
    return bundle


def guarded(method: Callable[[], Any]) -> Any:
    """The method's result; None if it fails, after saying so as an uncaught error would."""
    try:
        return method()
    except Exception as error:
        error.__traceback__ = trim(error.__traceback__)
        report_error(error)
        return None


def _from_mimebundle(value: object) -> dict[Any, Any]:
    method = method_of(value, "_repr_mimebundle_")
    found = method(include=None, exclude=None) if method is not None else None
    if isinstance(found, tuple) and found:
        found = found[0]  # the rest is metadata
    return found if isinstance(found, dict) else {}


def _add(bundle: Bundle, contents: dict[Any, Any]) -> None:
    for mime, content in contents.items():
        if type(mime) is not str or content is None or mime in bundle:
            continue
        with_metadata = isinstance(content, tuple) and content and not _is_json(mime)
        plain = _plain_content(mime, content[0] if with_metadata else content)
        if plain is not None:
            bundle[mime] = plain


def _is_json(mime: str) -> bool:
    return mime == "application/json" or mime.endswith("+json")


def _plain_content(mime: str, content: Any) -> str | bytes | None:
    if _is_json(mime):
        return json.dumps(content, default=str)
    if isinstance(content, (bytes, bytearray, memoryview)):
        return bytes(content)
    if not isinstance(content, str):
        return None
    text = str.__str__(content)
    if mime.startswith("image/") and mime != "image/svg+xml":
        try:
            import base64

            return base64.b64decode(text)
        except ValueError:
            return None
    return text


def _rich_text(value: object, colours: str) -> str | None:
    """What rich makes of one of its renderables; None for other objects, and without rich."""
    if method_of(value, "__rich_console__") is None and method_of(value, "__rich__") is None:
        return None
    try:
        console_module = importlib.import_module("rich.console")
    except ImportError:
        return None
    system = {"16": "standard", "256": "256"}.get(colours, "truecolor")
    console = console_module.Console(
        file=io.StringIO(), force_terminal=True, color_system=system, legacy_windows=False
    )
    console.print(value)
    return str(console.file.getvalue())

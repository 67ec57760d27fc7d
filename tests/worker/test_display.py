"""What values show of themselves, and what programs are told of the screen."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from pyrepl_tui import Display, Output, Session
from pyrepl_tui.engine.events import StoredContent
from pyrepl_worker import protocol
from tests.worker.conftest import Nest
from tests.worker.running import error, first_output, ok, result_of, run, soon, value

PNG = b"\x89PNG\r\n\x1a\n and the rest"

EVERYTHING = f"""
import base64

class Everything:
    def _repr_html_(self): return "<b>x</b>"
    def _repr_markdown_(self): return "*x*"
    def _repr_svg_(self): return "<svg/>"
    def _repr_png_(self): return {PNG!r}
    def _repr_jpeg_(self): return base64.b64encode(b"jpeg").decode()
    def _repr_latex_(self): return "$x$", {{"metadata": 1}}
    def _repr_json_(self): return {{"x": [1, None], "big": 1 << 70}}
    def __repr__(self): return "Everything()"
"""


async def shown(session: Session, code: str) -> list[Display]:
    """What a run shows."""

    async def listen() -> list[Display]:
        operation = session.run(code)
        found = [event async for event in operation if isinstance(event, Display)]
        result = await operation
        assert result.status == "ok", result
        return found

    return await soon(listen())


async def bundle(session: Session, code: str) -> dict[str, str | bytes | StoredContent]:
    """The one thing that a run shows."""
    (display,) = await shown(session, code)
    return display.mime_bundle


async def test_every_method_of_the_protocol_is_asked(session: Session) -> None:
    await ok(session, EVERYTHING)
    (display,) = await shown(session, "Everything()")
    found = dict(display.mime_bundle)
    assert display.is_value
    assert found.pop(protocol.VALUE) == ""
    assert json.loads(str(found.pop("application/json"))) == {"x": [1, None], "big": 1 << 70}
    assert found == {
        "text/plain": "Everything()",
        "text/html": "<b>x</b>",
        "text/markdown": "*x*",
        "image/svg+xml": "<svg/>",
        "image/png": PNG,
        "image/jpeg": b"jpeg",
        "text/latex": "$x$",
    }


async def test_the_value_stays_the_plain_repr(session: Session) -> None:
    await ok(session, EVERYTHING)
    assert await value(session, "Everything()") == "Everything()"
    assert await value(session, "_") == "Everything()"


async def test_plain_values_show_nothing_more(session: Session) -> None:
    for code in ("1", "'x'", "[1]", "{}", "object()", "len", "int", "lambda: 0", "None", "..."):
        assert await shown(session, code) == [], code


@pytest.mark.parametrize("with_metadata", [False, True])
async def test_a_mimebundle_comes_before_single_methods(
    session: Session, with_metadata: bool
) -> None:
    found = f'({{"text/html": "bundled", "text/x-own": "o"}}, {{}}){"" if with_metadata else "[0]"}'
    code = f"""
class Bundled:
    def _repr_mimebundle_(self, include=None, exclude=None): return {found}
    def _repr_html_(self): return "single"
    def _repr_markdown_(self): return "md"
Bundled()"""
    shows = await bundle(session, code)
    assert (shows["text/html"], shows["text/x-own"]) == ("bundled", "o")
    assert shows["text/markdown"] == "md"


async def test_a_method_that_fails_is_told_of_and_the_others_count(session: Session) -> None:
    code = """
class Half:
    def _repr_html_(self): raise ValueError("no html today")
    def _repr_markdown_(self): return "md"
    def _repr_png_(self): return 3
Half()"""
    operation = session.run(code)
    found = [event async for event in operation]
    errors = b"".join(e.data for e in found if isinstance(e, Output) and e.stream == "stderr")
    assert b"ValueError: no html today" in errors
    assert b"pyrepl_worker" not in errors
    (display,) = (event for event in found if isinstance(event, Display))
    assert set(display.mime_bundle) == {protocol.VALUE, "text/markdown", "text/plain"}


async def test_objects_that_claim_any_method_and_classes_are_not_asked(session: Session) -> None:
    code = """
class Yes:
    def __getattr__(self, name): return lambda *args, **options: "yes"
class Shown:
    def _repr_html_(self): return "x"
"""
    await ok(session, code)
    assert await shown(session, "Yes()") == []
    assert await shown(session, "Shown") == []


async def test_an_object_may_show_itself(session: Session) -> None:
    code = """
class Own:
    def _ipython_display_(self): print("I show myself")
    def _repr_html_(self): return "never"
Own()"""
    result = await ok(session, code)
    assert result.stdout == "I show myself\n"
    (display,) = await shown(session, "Own()")
    assert display.mime_bundle == {protocol.VALUE: ""}


async def test_an_object_that_fails_to_show_itself_is_asked_on(session: Session) -> None:
    code = """
class Own:
    def _ipython_display_(self): raise ValueError("no notebook here")
    def _repr_html_(self): return "html"
Own()"""
    found = await bundle(session, code)
    assert found["text/html"] == "html"
    assert "no notebook here" in (await ok(session, "Own()")).stderr


async def test_a_repr_that_raises_shows_nothing(session: Session) -> None:
    code = """
class Bad:
    def __repr__(self): raise KeyError("bad")
    def _repr_html_(self): return "x"
Bad()"""
    assert (await error(session, code)).name == "KeyError"


async def test_display_stands_where_it_was_called(session: Session) -> None:
    operation = session.run("print('a')\ndisplay(1, 'x')\nprint('b')")
    found: list[object] = []
    async for event in operation:
        if isinstance(event, Output):
            found.append(event.data)
        elif isinstance(event, Display):
            found.append(event.mime_bundle)
            assert not event.is_value
    assert found == [b"a\n", {"text/plain": "1"}, {"text/plain": "'x'"}, b"b\n"]
    assert (await operation).value is None


async def test_display_can_choose_and_takes_bundles(session: Session) -> None:
    await ok(session, EVERYTHING + "\nthing = Everything()")
    assert await bundle(session, "display(thing, include=['text/html'])") == {
        "text/html": "<b>x</b>"
    }
    without = await bundle(session, "display(thing, exclude={'image/png', 'text/html'})")
    assert not {"image/png", "text/html"} & set(without)
    raw = {"image/png": base64.b64encode(PNG).decode(), "text/plain": "p", "x/y": 3, 4: "z"}
    assert await bundle(session, f"display({raw!r}, raw=True)") == {
        "image/png": PNG,
        "text/plain": "p",
    }


async def test_display_is_a_builtin_that_may_be_replaced(session: Session, work: Path) -> None:
    (work / "shows.py").write_text("def show(): display(5)\n")
    assert await bundle(session, "import shows; shows.show()") == {"text/plain": "5"}
    assert await value(session, "'display' in globals()") == "False"
    assert await shown(session, "display = print\ndisplay(5)") == []
    assert await bundle(session, "del display\ndisplay(6)") == {"text/plain": "6"}


async def test_threads_display_too(session: Session) -> None:
    code = "import threading\nt = threading.Thread(target=display, args=(7,))\nt.start(); t.join()"
    assert await bundle(session, code) == {"text/plain": "7"}


async def test_large_contents_are_files_of_the_transcript(session: Session) -> None:
    data = PNG * 2000
    code = f"display({{'image/png': {PNG!r} * 2000, 'text/html': 'é' * 100_000}}, raw=True)"
    found = await bundle(session, code)
    png, html = found["image/png"], found["text/html"]
    assert isinstance(png, StoredContent)
    assert isinstance(html, StoredContent)
    assert png.read() == data
    assert png.size == len(data)
    assert png.path.suffix == ".png"
    assert html.read().decode() == "é" * 100_000


async def test_files_of_displays_are_bounded(nest: Nest, python: str, work: Path) -> None:
    limits = {"display_bytes": 100_000}
    async with nest.session(python=python, cwd=work, limits=limits) as session:
        code = "for n in range(5): display({'image/png': bytes([n]) * 40_000}, raw=True)"
        contents = [d.mime_bundle["image/png"] for d in await shown(session, code)]
        kept = []
        for content in contents:
            assert isinstance(content, StoredContent)
            kept.append(content.path.exists())
        assert kept == [False, False, False, True, True]


async def test_a_branch_keeps_its_contents_in_its_own_folder(session: Session) -> None:
    code = f"display({{'image/png': {PNG!r} * 2000}}, raw=True)"
    first = (await bundle(session, code))["image/png"]
    branch = await soon(session.branch())
    try:
        second = (await bundle(branch, code))["image/png"]
    finally:
        await soon(branch.close())
    assert isinstance(first, StoredContent)
    assert isinstance(second, StoredContent)
    assert branch.id in str(second.path)
    assert first.read() == second.read() == PNG * 2000


async def test_a_method_can_be_interrupted(session: Session) -> None:
    code = """
class Slow:
    def _repr_html_(self):
        print("slow", flush=True)
        while True: pass
Slow()"""
    operation = session.run(code)
    assert await first_output(operation) == b"slow\n"
    await session.interrupt()
    result = await result_of(operation)
    assert result.status == "interrupted"
    assert await value(session, "1") == "1"


async def test_objects_of_rich_are_rendered_by_the_users_rich(session: Session, work: Path) -> None:
    (work / "rich").mkdir()
    (work / "rich" / "__init__.py").write_text("")
    (work / "rich" / "console.py").write_text(
        "class Console:\n"
        "    def __init__(self, *, file, **options): self.file = file\n"
        "    def print(self, value): self.file.write('\\x1b[1m' + value.text + '\\x1b[0m\\n')\n"
    )
    code = """
class Renderable:
    text = "hello"
    def __rich_console__(self, console, options): yield self.text
    def _repr_html_(self): return "not needed"
Renderable()"""
    found = await bundle(session, code)
    assert found["text/vnd.pyrepl.ansi"] == "\x1b[1mhello\x1b[0m\n"
    assert "text/html" not in found


async def test_nothing_of_ours_is_importable_for_it(session: Session) -> None:
    code = "import sys; [n for n in sys.modules if 'IPython' in n or 'inline' in n]"
    assert await value(session, code) == "[]"


# -- the screen ----------------------------------------------------------------------------------

SCREEN = {"columns": 91, "lines": 33, "colours": "256", "figures": True}
SIZE = "import os, shutil; tuple(shutil.get_terminal_size()), os.environ.get('FORCE_COLOR')"


@pytest.fixture
async def on_screen(nest: Nest, python: str, work: Path) -> AsyncIterator[Session]:
    """A session whose client has a screen."""
    async with nest.session(python=python, cwd=work, display=SCREEN) as session:
        yield session


async def test_programs_know_the_screen(on_screen: Session) -> None:
    assert await value(on_screen, SIZE) == "((91, 33), '2')"
    await soon(on_screen.resize(120, 40))
    assert await value(on_screen, SIZE) == "((120, 40), '2')"


async def test_the_users_own_size_stays(on_screen: Session) -> None:
    await ok(on_screen, "import os; os.environ['COLUMNS'] = '50'")
    await soon(on_screen.resize(120, 40))
    assert await value(on_screen, SIZE) == "((50, 40), '2')"


async def test_without_a_screen_nothing_is_said_of_it(session: Session) -> None:
    assert await value(session, SIZE) == "((80, 24), None)"


@pytest.mark.parametrize(("name", "seen"), [("NO_COLOR", None), ("FORCE_COLOR", "1")])
async def test_the_users_wish_for_colours_comes_first(
    nest: Nest, python: str, work: Path, name: str, seen: str | None
) -> None:
    options = {"python": python, "cwd": work, "env": {name: "1"}, "display": SCREEN}
    async with nest.session(**options) as session:
        assert await value(session, SIZE) == f"((91, 33), {seen!r})"


async def test_a_child_of_user_code_finds_the_size_too(on_screen: Session) -> None:
    code = (
        "import subprocess, sys\n"
        "subprocess.run([sys.executable, '-c',"
        " 'import shutil; print(shutil.get_terminal_size().columns)'])"
    )
    result = await run(on_screen, code)
    assert result.stdout == "91\n"

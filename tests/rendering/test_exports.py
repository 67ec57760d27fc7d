"""Sessions as files: every form says all that the session said, and can be read by its readers."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from contextlib import closing
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, cast

import nbformat
import pyte
import pytest

from pyrepl_tui.engine.transcript import Transcript
from pyrepl_tui.rendering.exports import FORMS, export, form_of
from pyrepl_tui.rendering.live import open_document
from pyrepl_tui.rendering.rich_values import TABLE
from pyrepl_worker import protocol
from tests.rendering.scribe import Scribe

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
FRAME = {
    "kind": "DataFrame", "shape": [3, 2], "names": ["a|b", "<c>"], "dtypes": ["int64", "str"],
    "numeric": [True, False], "index": ["0", "2"], "index_name": "",
    "rows": [["1", "x"], ["3", "z"]], "row_gap": 1, "column_gap": None,
}  # fmt: skip

Export = Callable[[str], str]


@pytest.fixture
def scribe(tmp_path: Path) -> Scribe:
    return Scribe(tmp_path / "session")


@pytest.fixture
def exported(scribe: Scribe, tmp_path: Path) -> Export:
    """Exports what the scribe wrote, given the file's ending; returns the file's text."""

    def write(ending: str) -> str:
        path = tmp_path / f"exported{ending}"
        form = form_of(path.name)
        assert form is not None
        for _ in export(open_document(Transcript(scribe.directory)), "notes", path, form):
            pass
        return path.read_text("utf-8")

    return write


def notebook(text: str) -> Any:
    """A notebook that its own library has nothing against."""
    found = nbformat.reads(text, 4)  # type: ignore[no-untyped-call]
    nbformat.validate(found)
    return found


class Page(HTMLParser):
    """The texts of a page's elements, and the elements that are never closed."""

    VOID = frozenset({"meta", "img"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += "" if "style" in self.open else data


def test_text_is_what_pythons_shell_would_have_shown(scribe: Scribe, exported: Export) -> None:
    scribe.worker()
    scribe.run("for i in range(2):\n    print(i)", "0\n1\n")
    scribe.run("x", "\x1b[31mred\x1b[0m\n10%\r20%", value="7")
    scribe.run(
        "bad()", error={"name": "NameError", "message": "bad", "traceback": "NameError: bad"}
    )
    assert exported(".txt") == (
        "# Python 3.12.1 · /home/ada/project/.venv/bin/python · worker 4242\n\n"
        ">>> for i in range(2):\n...     print(i)\n0\n1\n\n"
        ">>> x\nred\n20%\n7\n\n"
        ">>> bad()\nNameError: bad\n\n"
    )


def test_ansi_shows_in_a_terminal_what_the_program_coloured(
    scribe: Scribe, exported: Export
) -> None:
    scribe.run("x", "a \x1b[1;31mred\x1b[0m b\x1b]0;title\x07\n")
    text = exported(".ansi")
    assert "\x1b]0" not in text
    screen = pyte.Screen(80, 5)
    pyte.Stream(screen).feed(text.replace("\n", "\r\n"))
    row = screen.buffer[1]
    assert [row[x].fg for x in (0, 2, 6)] == ["default", "red", "default"]
    assert row[2].bold
    assert not row[0].bold


@pytest.mark.parametrize("output", ["plain\n", "a\n```\n````x\n", "\x1b[1m``\x1b[0m`\n"])
def test_fences_of_markdown_are_longer_than_any_in_the_output(
    scribe: Scribe, exported: Export, output: str
) -> None:
    scribe.run("x", output)
    lines = exported(".md").splitlines()
    opening = next(line for line in lines if line.endswith("text"))
    fence = opening.removesuffix("text")
    inside = lines[lines.index(opening) + 1 : lines.index(fence)]
    assert all(not line.startswith(fence) for line in inside)
    assert "".join(inside).count("`") == output.count("`")


def test_pictures_of_markdown_lie_beside_it(
    scribe: Scribe, exported: Export, tmp_path: Path
) -> None:
    scribe.begin("figure")
    scribe.show({"image/png": PNG, "text/plain": "<Figure [x]>"})
    scribe.end()
    assert "](exported_files/picture-1.png)" in exported(".md")
    assert (tmp_path / "exported_files" / "picture-1.png").read_bytes() == PNG


def test_tables_are_tables(scribe: Scribe, exported: Export) -> None:
    scribe.begin("frame")
    scribe.show({TABLE: json.dumps(FRAME), "text/plain": "  a"}, value=True)
    scribe.end()
    assert "|  | a\\|b | <c> |\n| --- | --- | --- |\n| 0 | 1 | x |\n| ⋮ | ⋮ | ⋮ |" in exported(
        ".md"
    )
    page = Page(exported(".html"))
    assert ("table", {}) in page.seen
    assert "<c>" in page.text
    (cell,) = notebook(exported(".ipynb")).cells
    assert "<th>&lt;c&gt;</th>" in cell.outputs[0].data["text/html"]
    assert not any(mime.startswith("application/vnd.pyrepl") for mime in cell.outputs[0].data)


def test_nothing_that_was_printed_becomes_markup(scribe: Scribe, exported: Export) -> None:
    scribe.run("'</pre><script>'", "</pre><script>alert(1)</script>&amp;\n", value="'\"<b>'")
    scribe.begin("html")
    scribe.show({"text/html": "<script>alert(2)</script>", "text/plain": "page"})
    scribe.end()
    scribe.run("link", "\x1b]8;;https://x.org/\"onclick='a\x07here\x1b]8;;\x07\n")
    page = Page(exported(".html"))
    assert page.open == []
    tags = [tag for tag, _ in page.seen]
    assert "script" not in tags
    assert "b" not in tags
    assert "</pre><script>alert(1)</script>&amp;" in page.text
    (frame,) = [attributes for tag, attributes in page.seen if tag == "iframe"]
    assert frame["sandbox"] is None
    assert frame["srcdoc"] == "<script>alert(2)</script>"
    assert all(set(attributes) == {"href"} for tag, attributes in page.seen if tag == "a")


def test_a_notebook_has_all_that_its_format_knows(scribe: Scribe, exported: Export) -> None:
    scribe.worker()
    scribe.begin("work()")
    scribe.say("one\n")
    scribe.say("two\n", protocol.STDERR)
    scribe.say("\x1b[32mthree\x1b[0m\n")
    scribe.show({"image/png": PNG, "text/plain": "figure", "application/json": '{"a": [1]}'})
    scribe.end(value="7")
    scribe.run("1/0", error={"name": "ZeroDivisionError", "message": "no", "traceback": "a\nb"})
    scribe.run("'\ud800'.encode()", b"\xff\x00\n")
    found = notebook(exported(".ipynb"))
    news, work, failed, odd = found.cells
    assert news.cell_type == "raw"
    assert [each.output_type for each in work.outputs] == [
        "stream", "stream", "stream", "display_data", "execute_result",
    ]  # fmt: skip
    assert [(each.name, each.text) for each in work.outputs[:3]] == [
        ("stdout", "one\n"), ("stderr", "two\n"), ("stdout", "\x1b[32mthree\x1b[0m\n"),
    ]  # fmt: skip
    assert base64.b64decode(work.outputs[3].data["image/png"]) == PNG
    assert work.outputs[3].data["application/json"] == {"a": [1]}
    assert work.outputs[4].data["text/plain"] == "7"
    assert failed.outputs[0].ename == "ZeroDivisionError"
    assert [re.sub("\x1b[^m]*m", "", line) for line in failed.outputs[0].traceback] == ["a", "b"]
    assert odd.outputs[0].text == "�␀\n"


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_memory_does_not_grow_with_the_session(
    scribe: Scribe, tmp_path: Path, form: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = 60_000
    scribe.run("x", "".join(f"a line with its number {n:07}\n" for n in range(lines)))
    document = open_document(Transcript(scribe.directory))
    path = tmp_path / "out"
    largest = last = 0
    for size in export(document, "notes", path, form):
        largest, last = max(largest, size - last), size
    assert largest < 400_000
    assert last == len(path.read_text("utf-8"))
    assert f"number {lines - 1:07}" in path.read_text("utf-8")


def test_an_export_that_is_given_up_leaves_nothing(scribe: Scribe, tmp_path: Path) -> None:
    scribe.run("x", "1\n" * 100_000)
    path = tmp_path / "there.txt"
    path.write_text("before")
    with closing(
        cast(Any, export(open_document(Transcript(scribe.directory)), "n", path, FORMS[0]))
    ) as it:
        next(it)
        next(it)
    assert path.read_text() == "before"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["session", "there.txt"]

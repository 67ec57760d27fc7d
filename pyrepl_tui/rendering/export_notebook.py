"""A session as a Jupyter notebook (format 4.5), written piece by piece."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

from pyrepl_tui.engine.display_parts import DisplayPart
from pyrepl_tui.engine.output_blocks import RUN, Block
from pyrepl_tui.engine.output_document import OutputDocument
from pyrepl_tui.engine.output_parts import CODE, ERROR, VALUE, Part, TextPart
from pyrepl_tui.rendering.ansi import plain_text
from pyrepl_tui.rendering.export_parts import blocks_of, table_html, table_of, title_of
from pyrepl_tui.rendering.export_text import coloured
from pyrepl_tui.rendering.ink import Span
from pyrepl_tui.rendering.part_text import Spans, parts_of

_PRIVATE = "application/vnd.pyrepl."
_ANSI = "text/vnd.pyrepl."


def as_notebook(document: OutputDocument) -> Iterator[str]:
    """A session as a notebook: a cell for each run, with its outputs and pictures."""
    yield '{\n "cells": ['
    between = "\n"
    for block in blocks_of(document):
        if block is None:
            yield ""
            continue
        yield between
        yield from _code_cell(block) if block.kind == RUN else _raw_cell(block)
        between = ",\n"
    version = document.python or "3"
    metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python", "version": version, "file_extension": ".py"},
    }
    yield f'\n ],\n "metadata": {json.dumps(metadata)},\n'
    yield ' "nbformat": 4,\n "nbformat_minor": 5\n}\n'


def _raw_cell(block: Block) -> Iterator[str]:
    """What happened between runs."""
    yield f'{{"cell_type": "raw", "id": "between-{block.number}", "metadata": {{}}, "source": ['
    between = ""
    for _part, texts in parts_of(block):
        for spans in texts:
            yield between + _quoted(plain_text(spans))
            between = ",\n"
        yield between + '"\\n"'
        between = ",\n"
    yield "]}"


def _code_cell(block: Block) -> Iterator[str]:
    """A run."""
    note: dict[str, object] = {"outcome": title_of(block)} if title_of(block) else {}
    if block.duration_ms is not None:
        note["duration_ms"] = round(block.duration_ms)
    metadata = {"pyrepl_tui": note} if note else {}
    yield (
        f'{{"cell_type": "code", "id": "run-{block.number}", '
        f'"execution_count": {block.execution_count or "null"}, '
        f'"metadata": {json.dumps(metadata)}, "source": {_quoted(block.code)}, "outputs": ['
    )
    between = "\n"
    for part, texts in parts_of(block):
        if part.kind == CODE:
            continue
        for piece in _output(block, part, texts):
            yield between + piece if between else piece
            between = ""
        between = between or ",\n"
    yield "]}"


def _output(block: Block, part: Part, texts: Spans) -> Iterator[str]:
    """One part as an output; as several where both streams are in it, joined by commas."""
    if isinstance(part, DisplayPart):
        yield _shown(block, _bundle(part), is_value=part.label == "value")
    elif part.kind == VALUE and isinstance(part, TextPart):
        yield _shown(block, {"text/plain": part.text}, is_value=True)
    elif part.kind == ERROR and isinstance(part, TextPart):
        name, message = block.error or ("", "")
        lines = ["".join(map(coloured, texts))]
        error = {"output_type": "error", "ename": name, "evalue": message}
        yield _json({**error, "traceback": "\n".join(lines).split("\n")})
    else:
        yield from _streams(texts)


def _streams(texts: Spans) -> Iterator[str]:
    """Output as it came, stream by stream."""
    stream = between = ""
    for spans in texts:
        for name, own in _by_stream(spans):
            if name != stream:
                yield ("]},\n" if stream else "") + _opening(name)
                between = ""
            yield between + _quoted(coloured(own))
            stream, between = name, ",\n"
    if stream:
        yield "]}"


def _opening(stream: str) -> str:
    return f'{{"output_type": "stream", "name": "{stream}", "text": ['


def _by_stream(spans: list[Span]) -> Iterator[tuple[str, list[Span]]]:
    """Consecutive spans of one stream; its own colour is the notebook's affair."""
    name, own = "", list[Span]()
    for text, ink in spans:
        theirs = "stderr" if ink.role in ("stderr", "notice") else "stdout"
        if text == "\n" and not ink.role and name:
            theirs = name
        if theirs != name and own:
            yield name, own
            own = []
        name = theirs
        own.append(Span(text, ink._replace(role="")))
    if own:
        yield name, own


def _shown(block: Block, data: dict[str, Any], *, is_value: bool) -> str:
    """A value."""
    if is_value:
        count = {"execution_count": block.execution_count or None}
        return _json({"output_type": "execute_result", **count, "data": data, "metadata": {}})
    return _json({"output_type": "display_data", "data": data, "metadata": {}})


def _bundle(part: DisplayPart) -> dict[str, Any]:
    """A value's contents as notebooks hold them: pictures in base64, JSON as it is."""
    data: dict[str, Any] = {"text/plain": part.text}
    for mime in part.bundle:
        content = part.content(mime)
        if content is None or mime.startswith((_PRIVATE, _ANSI)):
            continue
        if isinstance(content, bytes):
            is_text = mime.endswith("+xml")
            data[mime] = content.decode() if is_text else base64.b64encode(content).decode()
        elif mime == "application/json" or mime.endswith("+json"):
            try:
                data[mime] = json.loads(content)
            except ValueError:
                continue
        else:
            data[mime] = content
    table = table_of(part)
    if table is not None and "text/html" not in data:
        data["text/html"] = table_html(table)
    return data


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)

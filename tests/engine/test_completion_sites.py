from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyrepl_tui.engine.code_tokens import tokens_of
from pyrepl_tui.engine.completion_sites import site_of


def name(text: str) -> tuple[str, str]:
    return ("name", text)


def attr(text: str) -> tuple[str, str]:
    return ("attr", text)


CALL = ("call",)


@pytest.mark.parametrize(
    ("code", "kind", "query", "chain"),
    [
        ("x", "names", "x", ()),
        ("foo.ba", "attributes", "ba", (name("foo"),)),
        ("a[0].b.c", "attributes", "c", (name("a"), ("item", 0), attr("b"))),
        ('d["al', "keys", "al", (name("d"),)),
        ("d[", "keys", "", (name("d"),)),
        ('df[["a", "b', "keys", "b", (name("df"),)),
        ('d.get("k', "keys", "k", (name("d"),)),
        ("np.zeros(3).", "attributes", "", (name("np"), attr("zeros"), CALL)),
        ('"abc".up', "attributes", "up", (("literal", "str"),)),
        ("[1, 2].", "attributes", "", (("literal", "list"),)),
        ("{1: 2}.", "attributes", "", (("literal", "dict"),)),
        ("(a.b).c", "attributes", "c", (name("a"), attr("b"))),
        ('f"{x.yz', "attributes", "yz", (name("x"),)),
        ('f"{a} {b.', "attributes", "", (name("b"),)),
        ("x = pd.DataFrame(1)\nx.he", "attributes", "he", (name("pd"), attr("DataFrame"), CALL)),
        ("import numpy as np\nnp.li", "attributes", "li", (("module", "numpy"),)),
        ("from a.b import c\nc.", "attributes", "", (("module", "a.b"), attr("c"))),
        ("if x:\n    y.", "attributes", "", (name("y"),)),
        ("1.", "nothing", "", ()),
        ("def f", "nothing", "", ()),
        ("# x.", "nothing", "", ()),
        ("%ti", "magics", "ti", ()),
        ('"""text x.', "nothing", "", ()),
    ],
)
def test_what_is_typed(code: str, kind: str, query: str, chain: Any) -> None:
    site = site_of(code, len(code))
    assert (site.kind, site.query, site.chain) == (kind, query, chain)
    assert site.end == len(code)


@pytest.mark.parametrize(
    ("code", "kind", "module", "query"),
    [
        ("import nu", "modules", "", "nu"),
        ("import os.pa", "modules", "os", "pa"),
        ("import os, sy", "modules", "", "sy"),
        ("from xml.d", "modules", "xml", "d"),
        ("from os import pa", "members", "os", "pa"),
        ("from os.path import (a, b", "members", "os.path", "b"),
        ("from . import x", "members", ".", "x"),
        ("from os import path as p", "nothing", "", ""),
    ],
)
def test_imports(code: str, kind: str, module: str, query: str) -> None:
    site = site_of(code, len(code))
    assert (site.kind, site.module, site.query) == (kind, module, query)


def test_a_path_in_a_string_is_replaced_from_its_last_slash() -> None:
    site = site_of('open("/tmp/ab', 13)
    assert (site.kind, site.query, site.start) == ("files", "/tmp/ab", 11)


def test_what_follows_the_cursor_is_left_alone() -> None:
    site = site_of("foo.ba + bar", 6)
    assert (site.kind, site.start, site.end) == ("attributes", 4, 6)


@pytest.mark.parametrize(
    ("code", "position", "keyword"),
    [
        ("f(", 0, ""),
        ("f(1, ", 1, ""),
        ("f(1, key=", 1, "key"),
        ("f((1, 2), [3, 4], ", 2, ""),
        ("f(1,\n  2, ", 2, ""),
    ],
)
def test_the_call_around_the_cursor(code: str, position: int, keyword: str) -> None:
    call = site_of(code, len(code)).call
    assert call is not None
    assert (call.chain, call.position, call.keyword) == ((name("f"),), position, keyword)


@pytest.mark.parametrize("code", ["def f(", "class A(", "(1, ", "f(1)", "x = [1, "])
def test_where_there_is_no_call(code: str) -> None:
    assert site_of(code, len(code)).call is None


def test_names_the_code_binds_are_among_the_names() -> None:
    code = "import os as system\nfor key, value in x:\n    total: int = 1\ndef f(arg, b=2): pass\nt"
    assert {"system", "key", "value", "total", "f", "arg", "b"} <= set(
        site_of(code, len(code)).names
    )


@given(st.text(alphabet="ab.()[]{}\"'#,=:\n f1\\", max_size=60))
def test_no_text_is_too_odd(code: str) -> None:
    assert (
        "".join(token.text for token in tokens_of(code)).replace("\n", "")
        in code.replace(" ", "").replace("\n", "")
        or "\\" in code
        or '"' in code
        or "'" in code
        or " " in code
    )
    for cursor in range(len(code) + 1):
        site = site_of(code, cursor)
        assert 0 <= site.start <= site.end <= cursor

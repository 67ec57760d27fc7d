"""Python source as coloured lines."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyrepl_tui.rendering.code import highlight_python


def roles(source: str) -> list[tuple[str, str]]:
    """Each visible piece with its role."""
    spans = [span for line in highlight_python(source) for span in line]
    return [(span.text.strip(), span.ink.role) for span in spans if span.text.strip()]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import a.b as c", "import:keyword a:module .:operator b:module as:keyword c:module"),
        ("from a import b", "from:keyword a:module import:keyword b:code"),
        ("@a.b", "@a.b:decorator"),
        ("x @ y", "x:code @:operator y:code"),
        ("def f(self):", "def:keyword f:function (:operator self:self )::operator"),
        ("class A: pass", "class:keyword A:class ::operator pass:keyword"),
        ("print(o.print)", "print:builtin (:operator o:code .:operator print:code ):operator"),
        ("0x1F + 1e-3j", "0x1F:number +:operator 1e-3j:number"),
        ("x = None # y", "x:code =:operator None:number # y:comment"),
        ("match x:", "match:keyword x:code ::operator"),
        ("match = 1", "match:code =:operator 1:number"),
        ("type X = int", "type:keyword X:code =:operator int:builtin"),
        (r"r'\n'", r"r:keyword '\n':string"),
        (r"'a\n'", r"'a:string \n:decorator ':string"),
        ("f'{{a}}{b!r}'", "f:keyword '{{a}}:string {:decorator b:code !:operator r:code"),
        ("f'{'", "f:keyword '{':string"),
        ("'''a\nb'''", "'''a:string b''':string"),
        ("'open\nx", "'open:string x:code"),
    ],
)
def test_what_each_piece_is(source: str, expected: str) -> None:
    found = " ".join(f"{text}:{role}" for text, role in roles(source))
    assert found.startswith(expected)


@given(st.text(alphabet=st.sampled_from("abf \n'\"{}\\#@.=()019_é$\t")))
def test_nothing_is_lost(source: str) -> None:
    lines = ["".join(span.text for span in line) for line in highlight_python(source)]
    assert lines == source.expandtabs().split("\n")

"""What is being typed at the cursor: a name, an attribute, a key, a module, a path, an argument."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import field
from functools import lru_cache

from pyrepl_worker.records import record

from .code_tokens import Chain, Token, chain_before, enclosing, tokens_of

WINDOW = 6_000
"""Characters before the cursor that are looked at; more cannot matter."""

SCANNED = 40_000
"""Characters at the code's end that are looked through for what they bind."""

_MAGIC = re.compile(r"(?:^|\n)[^\S\n]*(?:[\w, ]+=[^\S\n]*)?%(?P<name>\w*)$")
_NAMING = frozenset({"def", "class", "as", "for", "lambda", "global", "nonlocal"})
_GETTERS = frozenset({"get", "pop", "setdefault"})


@record(frozen=True, slots=True)
class Call:
    """The call that the cursor stands in."""

    chain: Chain
    position: int
    """How many arguments stand before the one at the cursor."""
    keyword: str = ""
    """Name of the argument at the cursor; "" if it has none."""
    given: tuple[str, ...] = ()
    """Names of the arguments given by name."""


@record(frozen=True, slots=True)
class Site:
    """What is being typed."""

    kind: str
    """``names``, ``attributes``, ``keys``, ``modules``, ``members`` (of a module, to import),
    ``files``, ``magics`` or ``nothing``."""
    start: int
    end: int
    """What a completion replaces."""
    query: str = ""
    chain: Chain = ()
    """Of ``attributes`` and ``keys``."""
    quote: str = ""
    """Prefix and quotes of the string the cursor is in; "" outside of strings."""
    module: str = ""
    """The module that ``modules`` and ``members`` are looked for in."""
    call: Call | None = None
    names: tuple[str, ...] = field(default=())
    """Names the code itself binds."""


@lru_cache(maxsize=4)
def site_of(code: str, cursor: int) -> Site:
    """What is being typed at a position of the code."""
    before = code[:cursor]
    start = 0
    if len(before) > WINDOW:
        line = re.compile(r"\n(?=[^\s)\]}])").search(before, len(before) - WINDOW)
        start = line.end() if line is not None else len(before) - WINDOW
    magic = _MAGIC.search(before)
    if magic is not None:
        return Site("magics", magic.start("name"), cursor, magic["name"])
    tokens = tokens_of(before, start)
    site = _site(tokens, cursor)
    if site.kind == "nothing":
        return site
    local = _Local(code, tokens)
    call = site.call
    if call is not None:
        call = Call(local.resolved(call.chain), call.position, call.keyword, call.given)
    chain = local.resolved(site.chain)
    names = local.names if site.kind == "names" else ()
    return Site(
        site.kind, site.start, site.end, site.query, chain, site.quote, site.module, call, names
    )


def _site(tokens: list[Token], cursor: int) -> Site:
    last = tokens[-1] if tokens else None
    call = _call(tokens)
    if last is not None and last.kind == "comment":
        return Site("nothing", cursor, cursor)
    if last is not None and last.kind == "string" and last.open:
        return _in_string(tokens, cursor, call)
    query, rest = "", tokens
    if last is not None and last.end == cursor and last.kind in ("name", "number"):
        query, rest = last.text, tokens[:-1]
    start = cursor - len(query)
    if query[:1].isdigit():
        return Site("nothing", cursor, cursor, call=call)
    imported = _importing(rest, start, query, cursor)
    if imported is not None:
        return imported
    before = rest[-1] if rest else None
    if before is not None and before.text == ".":
        found = chain_before(rest, len(rest) - 1)
        if found is None:
            return Site("nothing", cursor, cursor, call=call)
        return Site("attributes", start, cursor, query, found[0], call=call)
    if before is not None and before.kind == "name" and before.text in _NAMING:
        return Site("nothing", cursor, cursor, call=call)
    if before is not None and before.text == "[" and not query:
        found = chain_before(rest, len(rest) - 1)
        if found is not None:
            return Site("keys", start, cursor, "", found[0], call=call)
    return Site("names", start, cursor, query, call=call)


def _in_string(tokens: list[Token], cursor: int, call: Call | None) -> Site:
    string = tokens[-1]
    opening = string.prefix + string.quote
    content_start = string.start + len(opening)
    if "f" in string.prefix:
        brace = _open_brace(string.content)
        if brace is not None:
            inner = tokens_of(" " * (content_start + brace) + string.content[brace:], content_start)
            return _site(inner, cursor)
    if len(string.quote) == 3:
        return Site("nothing", cursor, cursor, call=call)
    container = _subscripted(tokens)
    if container is not None:
        return Site("keys", string.start, cursor, string.content, container, opening, call=call)
    path = string.content
    start = content_start + path.rfind("/") + 1
    return Site("files", start, cursor, path, (), opening, call=call)


def _open_brace(content: str) -> int | None:
    """Where the expression begins that an f-string's cursor is in."""
    text = content.replace("{{", "\0\0").replace("}}", "\0\0")
    at = text.rfind("{")
    return None if at < 0 or "}" in text[at:] else at + 1


def _subscripted(tokens: list[Token]) -> Chain | None:
    """What the open string at the end is a key of: ``d[``, ``df[[``, ``d.get(``."""
    at = enclosing(tokens, len(tokens) - 1)
    if at is None:
        return None
    found = chain_before(tokens, at)
    if tokens[at].text == "[":
        if found is not None:
            return found[0]
        outer = enclosing(tokens, at)  # a list within the brackets of a frame
        if outer is not None and outer == at - 1 and tokens[outer].text == "[":
            found = chain_before(tokens, outer)
            return None if found is None else found[0]
        return None
    first = at == len(tokens) - 2
    if tokens[at].text == "(" and first and found is not None:
        *chain, last = found[0]
        if last[0] == "attr" and last[1] in _GETTERS:
            return tuple(chain)
    return None


def _statement(tokens: Sequence[Token]) -> Sequence[Token]:
    """The tokens of the line the cursor is in, an open parenthesis' lines among them."""
    opening = enclosing(tokens, len(tokens))
    end = len(tokens) if opening is None else opening
    for at in range(end - 1, -1, -1):
        if tokens[at].kind == "newline" or tokens[at].text == ";":
            return tokens[at + 1 :]
    return tokens


def _importing(tokens: Sequence[Token], start: int, query: str, cursor: int) -> Site | None:
    line = [token.text for token in _statement(tokens) if token.kind != "newline"]
    if not line or line[0] not in ("import", "from"):
        return None
    if line[0] == "from" and "import" in line:
        if line[-1] in ("import", "(", ","):
            module = "".join(line[1 : line.index("import")])
            return Site("members", start, cursor, query, module=module)
        return Site("nothing", cursor, cursor)
    dotted: list[str] = []
    for text in reversed(line[1:]):
        if text == "," or (dotted and dotted[-1] != "." and text != "."):
            break
        dotted.append(text)
    module = "".join(reversed(dotted))
    if module and not module.endswith("."):  # "import a " or "import a as "
        return Site("nothing", cursor, cursor)
    return Site(
        "modules", start, cursor, query, module=module[:-1] if module.strip(".") else module
    )


def _call(tokens: Sequence[Token]) -> Call | None:
    """The innermost call that is open at the end."""
    at: int | None = len(tokens)
    for _ in range(8):
        end = at or 0
        at = enclosing(tokens, end)
        if at is None:
            return None
        if tokens[at].text != "(":
            continue
        found = chain_before(tokens, at)
        if found is None:
            continue
        chain, first = found
        if first and tokens[first - 1].text in ("def", "class"):
            return None
        if chain[0][0] == "literal" and len(chain) == 1:
            continue
        return _arguments(chain, tokens[at + 1 :])
    return None


def _arguments(chain: Chain, tokens: Sequence[Token]) -> Call:
    depth, position, keyword = 0, 0, ""
    given: list[str] = []
    begin = True
    for at, token in enumerate(tokens):
        text = token.text if token.kind == "op" else ""
        if depth == 0 and text == ",":
            position, keyword, begin = position + 1, "", True
            continue
        if text and text in "([{":
            depth += 1
        elif text and text in ")]}":
            depth -= 1
        following = tokens[at + 1].text if at + 1 < len(tokens) else ""
        if begin and token.kind == "name" and following == "=":
            keyword = token.text
            given.append(keyword)
        begin = begin and token.kind == "newline"
    return Call(chain, position, keyword, tuple(given))


_BINDING = re.compile(
    r"(?:^|[;\n])[^\S\n]*(?:(?:async[^\S\n]+)?(?:def|class)[^\S\n]+(?P<defined>[^\W\d]\w*)"
    r"|(?P<assigned>[^\W\d]\w*)[^\S\n]*(?::[^=\n]+)?=(?!=)"
    r"|for[^\S\n]+(?P<target>[^\W\d]\w*(?:[^\S\n]*,[^\S\n]*[^\W\d]\w*)*)[^\S\n]+in\b)"
    r"|\bas[^\S\n]+(?P<alias>[^\W\d]\w*)"
)
_PARAMETERS = re.compile(r"\bdef[^\S\n]+\w+[^\S\n]*\(([^()]*)")
_IMPORT = re.compile(
    r"(?:^|[;\n])[^\S\n]*import[^\S\n]+(?P<module>[\w.]+)(?:[^\S\n]+as[^\S\n]+(?P<name>\w+))?"
)
_FROM = re.compile(
    r"(?:^|[;\n])[^\S\n]*from[^\S\n]+(?P<module>[\w.]+)[^\S\n]+import[^\S\n]+(?P<names>[^\n;#]+)"
)
_MAX_DEPTH = 4


class _Local:
    """What code that has not run yet says about its names."""

    def __init__(self, code: str, tokens: Sequence[Token]) -> None:
        self._text = code[-SCANNED:]
        self._tokens = tokens
        self._imports: dict[str, Chain] = {}
        self._read_imports()

    @property
    def names(self) -> tuple[str, ...]:
        """Names it binds."""
        found: dict[str, None] = {}
        for match in _BINDING.finditer(self._text):
            for part in match.group("defined", "assigned", "target", "alias"):
                for name in (part or "").split(","):
                    found[name.strip()] = None
        for match in _PARAMETERS.finditer(self._text):
            for part in match[1].split(","):
                found[re.split(r"[:=]", part)[0].strip(" *\n/")] = None
        found.update(dict.fromkeys(self._imports))
        found.pop("", None)
        return tuple(name for name in found if name.isidentifier())

    def _read_imports(self) -> None:
        for match in _IMPORT.finditer(self._text):
            module, name = match.group("module", "name")
            root = module if name else module.partition(".")[0]
            self._imports[name or root] = (("module", root),)
        for match in _FROM.finditer(self._text):
            module = match["module"]
            for part in match["names"].strip("() ").split(","):
                words = part.split()
                if words and not module.startswith("."):
                    chain = (("module", module), ("attr", words[0]))
                    self._imports[words[-1]] = chain

    def resolved(self, chain: Chain, depth: int = 0) -> Chain:
        """A chain whose first name is replaced by what this code binds it to."""
        if not chain or chain[0][0] != "name" or depth > _MAX_DEPTH:
            return chain
        name = chain[0][1]
        bound = self._bound(name) or self._imports.get(name)
        return chain if bound is None else self.resolved((*bound, *chain[1:]), depth + 1)

    def _bound(self, name: str) -> Chain | None:
        """The expression last assigned to a name before the cursor, if it can be followed."""
        tokens = self._tokens
        for at in range(len(tokens) - 2, -1, -1):
            first = at == 0 or tokens[at - 1].kind == "newline" or tokens[at - 1].text == ";"
            if not first or tokens[at].text != name or tokens[at + 1].text != "=":
                continue
            end = at + 2
            depth = 0
            while end < len(tokens) and (depth or tokens[end].kind != "newline"):
                text = tokens[end].text if tokens[end].kind == "op" else ""
                depth += (text in tuple("([{")) - (text in tuple(")]}"))
                end += 1
            if end == len(tokens):
                return None  # the line being typed
            found = chain_before(tokens, end)
            return found[0] if found is not None and found[1] == at + 2 else None
        return None

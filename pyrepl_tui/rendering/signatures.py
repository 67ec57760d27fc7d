"""A call's signature in one line, the parameter at the cursor standing out."""

from __future__ import annotations

from rich.cells import cell_len
from rich.text import Text

from pyrepl_tui.engine.completions import CallHelp


def signature_text(call: CallHelp, width: int) -> Text:
    """The signature in at most `width` cells; around the one at the cursor if it is longer."""
    explanation = call.explanation
    name = explanation.subject.rpartition(".")[2]
    parts = [parameter.text for parameter in explanation.parameters or ()]
    ending = ")" + (f" → {explanation.returns}" if explanation.returns else "")
    first, last = 0, len(parts)
    at = call.active
    if at is None:
        at = 0

    def length() -> int:
        shown = ", ".join(parts[first:last])
        dots = (3 if first else 0) + (3 if last < len(parts) else 0)
        return cell_len(name) + 1 + cell_len(shown) + dots + cell_len(ending)

    while length() > width and last - first > 1:
        if last - 1 > at:
            last -= 1
        else:
            first += 1
    text = Text(no_wrap=True, end="")
    text.append(name, "bold")
    text.append("(… " if first else "(")
    for place in range(first, last):
        style = "bold reverse" if place == call.active else ""
        text.append(parts[place], style)
        if place < len(parts) - 1:
            text.append(", ")
    text.append("…" if last < len(parts) else "")
    text.append(ending)
    text.truncate(width, overflow="ellipsis")
    return text

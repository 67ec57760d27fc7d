"""How well a name fits what was typed: begins with it, holds it, or has its letters."""

from __future__ import annotations


def score(query: str, text: str) -> tuple[int, int, int] | None:
    """A rank, the least is best; None if the text has not all characters in this order.

    First comes how it fits (0: it is the same, 1: begins with it, 2: but for case, 3: words begin
    with its letters, 4: holds it, 5: has its letters), then where, then how long the text is;
    what begins with it stays in the order it came in.
    """
    if not query:
        return (1, 0, 0)
    if text.startswith(query):
        return (0 if text == query else 1, 0, 0)
    lowered, wanted = text.lower(), query.lower()
    if lowered.startswith(wanted):
        return (2, 0, 0)
    if _initials(wanted, text) is not None:
        return (3, 0, len(text))
    at = lowered.find(wanted)
    if at >= 0:
        return (4, at, len(text))
    found = _scattered(wanted, lowered)
    return None if found is None else (5, found[-1] - found[0], len(text))


def places(query: str, text: str) -> list[int]:
    """Which characters of a text are those that were typed; none if it does not fit."""
    lowered, wanted = text.lower(), query.lower()
    if not wanted:
        return []
    if not lowered.startswith(wanted):
        words = _initials(wanted, text)
        if words is not None:
            return words
    at = lowered.find(wanted)
    if at >= 0:
        return list(range(at, at + len(wanted)))
    return _scattered(wanted, lowered) or []


def _scattered(wanted: str, lowered: str) -> list[int] | None:
    """Places of letters typed, the first at a word's start: else anything would fit."""
    at = lowered.find(wanted[0])
    while at > 0 and lowered[at - 1].isalnum():
        at = lowered.find(wanted[0], at + 1)
    if at < 0:
        return None
    found = []
    at -= 1
    for char in wanted:
        at = lowered.find(char, at + 1)
        if at < 0:
            return None
        found.append(at)
    return found


def _initials(wanted: str, text: str) -> list[int] | None:
    """Places if the letters typed are starts of words: ``rc`` or ``recs`` in ``read_csv``."""
    starts = [
        at
        for at, char in enumerate(text)
        if at == 0 or not text[at - 1].isalnum() or (char.isupper() and not text[at - 1].isupper())
    ]
    lowered = text.lower()
    found: list[int] = []
    for char in wanted:
        if found and found[-1] + 1 < len(lowered) and lowered[found[-1] + 1] == char:
            found.append(found[-1] + 1)
            continue
        after = found[-1] if found else -1
        place = next((at for at in starts if at > after and lowered[at] == char), None)
        if place is None:
            return None
        found.append(place)
    return found if found and found[0] == 0 else None

"""What lies on circles of references, while one that leads to all of it is encoded.

Each is encoded once, where it is met first, and has a number from then on. Without that, each of
the ways around would be gone: with ten objects that all refer to each other, some millions.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import Any


class Circles:
    """Values that have been encoded and lead back to one that is being encoded, in that order."""

    def __init__(self) -> None:
        self.numbers: dict[int, int] = {}
        """By identity, the latest last."""
        self._held: list[tuple[Any, int]] = []
        """The values, which keep their identities, and to which depth each leads back."""
        self._at: list[int] = []
        self._least: list[int] = []
        """To which depth the numbers `_at` lead, each less far up than all before it."""

    def add(self, key: int, value: Any, lowest: int) -> None:
        """Give a value a number.

        Args:
            key: its identity.
            value: what is kept alive meanwhile.
            lowest: the depth of the outermost container that something inside it leads back to.
        """
        number = self.numbers[key] = len(self.numbers)
        self._held.append((value, lowest))
        self._keep_least(number, lowest)

    def lowest_since(self, number: int) -> int:
        """How far up a value leads: as far as all that was encoded since, within the same one."""
        return self._least[bisect_left(self._at, number)]

    def forget(self, mark: int, *, again: bool = False) -> None:
        """Take away the numbers from `mark` on.

        Args:
            mark: the first of them.
            again: whether some of them lead further up than what was there before.
        """
        while len(self.numbers) > mark:
            self.numbers.popitem()
        if len(self._held) == mark:
            return
        del self._held[mark:]
        if again:
            self._at, self._least = [], []
            for number, (_, lowest) in enumerate(self._held):
                self._keep_least(number, lowest)
        else:
            keep = bisect_left(self._at, mark)
            del self._at[keep:], self._least[keep:]

    def _keep_least(self, number: int, lowest: int) -> None:
        while self._least and self._least[-1] >= lowest:
            self._at.pop()
            self._least.pop()
        self._at.append(number)
        self._least.append(lowest)

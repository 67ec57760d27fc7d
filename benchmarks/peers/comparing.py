"""The same comparisons as ours, within one process: ``array`` or ``nested``, and how many."""

from __future__ import annotations

import copy
import json
import sys
import time
from typing import Any


def main() -> None:
    """Print the seconds it took."""
    what, count = sys.argv[1], int(sys.argv[2])
    if what == "array":
        import numpy as np

        left: Any = np.arange(count, dtype="f8")
        right = left.copy()
        right[77_777] = -1
        begin = time.perf_counter()
        found = not np.array_equal(left, right)
    else:
        from deepdiff import DeepDiff  # type: ignore[import-not-found, unused-ignore]

        nested: list[dict[str, Any]] = [{"id": i, "tags": [i, i + 1]} for i in range(count)]
        changed = copy.deepcopy(nested)
        changed[777]["tags"][1] = -1
        begin = time.perf_counter()
        found = bool(DeepDiff(nested, changed))
    seconds = time.perf_counter() - begin
    if not found:
        raise AssertionError("the difference was not found")
    print(json.dumps({"seconds": seconds}))


if __name__ == "__main__":
    main()

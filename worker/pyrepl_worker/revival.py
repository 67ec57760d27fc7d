"""Pools of threads and processes in a forked copy, whose threads it does not have.

Left as they are, the next work given to one would wait forever. Executors are made anew in place,
so that whoever holds one goes on with it; what they were at when the process was forked ends with
an error, what they had not begun is done. Nothing is imported for this: a pool that is used has
its modules loaded.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_LOST = "it was under way when the checkpoint was taken, in a thread or process that is not here"
_LOKY = ("joblib.externals.loky", "loky")


@dataclass
class Pools:
    """What a copy needs to know of the pools, noted before the fork."""

    thread_pools: list[Any] = field(default_factory=list)
    under_way: list[Any] = field(default_factory=list)
    """Futures of what threads are at."""


def note_pools() -> Pools:
    """Note the executors that have threads, and what these do now."""
    noted = Pools()
    module = sys.modules.get("concurrent.futures.thread")
    threads = list(getattr(module, "_threads_queues", ()))
    if not threads:
        return noted
    frames = sys._current_frames()
    for thread in threads:
        executor = _executor_of(thread)
        if executor is not None and executor not in noted.thread_pools:
            noted.thread_pools.append(executor)
        frame = frames.get(thread.ident)
        while frame is not None:
            if frame.f_code is module._worker.__code__:  # type: ignore[union-attr]
                item = frame.f_locals.get("work_item")
                noted.under_way += [item.future] if item is not None else []
            frame = frame.f_back
    return noted


def _executor_of(thread: Any) -> Any:
    try:
        return thread._args[0]()
    except (AttributeError, IndexError, TypeError):
        return None  # it is about to end


def revive_pools(noted: Pools) -> dict[str, str]:
    """Make the pools of a forked copy usable. Returns what could not be, by what it is."""
    caveats: dict[str, str] = {}
    lost = sum(_fail(future, RuntimeError(_LOST)) for future in noted.under_way)
    steps: list[Callable[[dict[str, str]], int]] = [
        *(partial(_renew_thread_pool, executor) for executor in noted.thread_pools),
        _renew_process_pools,
        _end_multiprocessing_pools,
        _forget_loky,
        _forget_children,
    ]
    for step in steps:
        try:
            lost += step(caveats)
        except Exception as error:  # pools of another make than those that are known
            caveats["pools"] = f"one could not be made anew: {type(error).__name__}: {error}"
    if lost:
        caveats["work under way"] = f"{lost} calls that pools were at have failed"
    return caveats


def _fail(future: Any, error: Exception) -> int:
    """End a future that nobody works on any more. Returns how many that were."""
    try:
        future.set_exception(error)
    except Exception:
        return 0  # done meanwhile, or cancelled
    return 1


# -- concurrent.futures ----------------------------------------------------------------------------


def _renew_thread_pool(executor: Any, caveats: dict[str, str]) -> int:
    """Give an executor new threads for what waits in its queue, and for what is to come."""
    module: Any = sys.modules["concurrent.futures.thread"]
    if executor._shutdown:
        return 0
    waiting = _drained(executor._work_queue)
    for thread in executor._threads:
        module._threads_queues.pop(thread, None)
    module.ThreadPoolExecutor.__init__(
        executor,
        executor._max_workers,
        executor._thread_name_prefix,
        getattr(executor, "_initializer", None),
        getattr(executor, "_initargs", ()),
    )
    for item in waiting:
        executor._work_queue.put(item)
        executor._adjust_thread_count()
    return 0


def _drained(queue: Any) -> list[Any]:
    items: list[Any] = []
    while True:
        try:
            item = queue.get_nowait()
        except Exception:
            return items
        if item is not None:  # None tells a thread to end
            items.append(item)


def _renew_process_pools(caveats: dict[str, str]) -> int:
    """Have executors start processes anew. Returns how many calls they were at."""
    module: Any = sys.modules.get("concurrent.futures.process")
    if module is None:
        return 0
    lost = 0
    for thread in list(module._threads_wakeups):
        executor = thread.executor_reference()
        if executor is None or executor._shutdown_thread:
            continue
        for item in list(executor._pending_work_items.values()):
            lost += _fail(item.future, module.BrokenProcessPool(_LOST))
        executor._broken = _LOST  # unless all goes well
        extra = {}
        if getattr(executor, "_max_tasks_per_child", None) is not None:
            extra["max_tasks_per_child"] = executor._max_tasks_per_child
        module.ProcessPoolExecutor.__init__(
            executor, executor._max_workers, executor._mp_context,
            executor._initializer, executor._initargs, **extra,
        )  # fmt: skip
    module._threads_wakeups.clear()
    return lost


# -- multiprocessing and joblib --------------------------------------------------------------------


def _end_multiprocessing_pools(caveats: dict[str, str]) -> int:
    """Have a `Pool` say that it has ended, where it would wait. Returns how many calls failed."""
    pools: Any = sys.modules.get("multiprocessing.pool")
    if pools is None:
        return 0
    lost = 0
    registry = sys.modules["multiprocessing.util"]._finalizer_registry
    for finalizer in list(registry.values()):
        pool = finalizer._weakref() if finalizer._weakref is not None else None
        if not isinstance(pool, pools.Pool):
            continue
        for result in list(pool._cache.values()):
            try:
                result._set(0, (False, RuntimeError(_LOST)))
                lost += 1
            except Exception:
                continue  # the results of an iterator, of which some are there
        pool._state = pools.TERMINATE
        caveats["multiprocessing.Pool"] = "its processes are not here: it is closed"
    return lost


def _forget_loky(caveats: dict[str, str]) -> int:
    """Have joblib start its processes anew when it needs them."""
    for name in _LOKY:
        reusable: Any = sys.modules.get(f"{name}.reusable_executor")
        if reusable is not None:
            reusable._executor = reusable._executor_kwargs = None
        executors: Any = sys.modules.get(f"{name}.process_executor")
        if executors is not None:
            executors._threads_wakeups.clear()
    return 0


def _forget_children(caveats: dict[str, str]) -> int:
    """Leave the other process's children alone: `multiprocessing` would end them at exit."""
    processes: Any = sys.modules.get("multiprocessing.process")
    util: Any = sys.modules.get("multiprocessing.util")
    if processes is not None:
        processes._children.clear()
    if util is not None:
        util._run_after_forkers()  # queues have a thread of their own each
    return 0

"""The gate between our code and the user's on the main thread.

User code runs only inside `Gate.attempt`. Outside of it SIGINT does nothing, and the signals that
users have handlers for are held back: neither an interrupt nor a handler that raises can break off
what is ours.
"""

from __future__ import annotations

import _signal as signal  # type: ignore[import-not-found]  # signal.py's wrappers need builtins
import os
from _thread import allocate_lock, get_ident
from typing import TYPE_CHECKING, Any

from .tracebacks import trim

if TYPE_CHECKING:
    from collections.abc import Callable

_HELD_BACK = tuple(
    getattr(signal, name)
    for name in (
        "SIGALRM", "SIGVTALRM", "SIGPROF", "SIGUSR1", "SIGUSR2", "SIGCHLD", "SIGIO", "SIGWINCH",
        "SIGURG", "SIGHUP", "SIGTERM",
    )
    if hasattr(signal, name)
)  # fmt: skip


class Gate:
    """Has no effect until it is shut for the first time."""

    def __init__(self, nudge: Callable[[], None]) -> None:
        self._nudge = nudge
        """Ends what the main thread waits for within `aside`."""
        self.struck = False
        """Whether an interrupt has come that user code will hear of when `aside` is over."""
        self._is_aside = False
        self._keep_out: Any = self._note_interrupt
        """SIGINT's handler while no user code runs."""
        self.lock = allocate_lock()
        """Held to look at `is_open` and to act on it."""
        self.is_open = False
        self._main_thread = get_ident()
        self._user_handler: Any = signal.default_int_handler
        self._user_mask: Any = ()

    def shut(self) -> None:
        """Shut it for the first time: in the worker, before there are threads of ours.

        They are born with the signals held back, and stay so. A nursery must not hold them back.
        """
        signal.signal(signal.SIGINT, self._keep_out)
        self._hold_back()

    def shut_for_good(self) -> None:
        """Be as new, in a process where nobody holds the lock."""
        self.lock = allocate_lock()
        self.is_open = False

    @property
    def is_inside(self) -> bool:
        """Whether it is user code of the main thread that asks."""
        return self.is_open and get_ident() == self._main_thread

    def strike(self, *, children: bool = False) -> None:
        """Interrupt user code, if any runs. Call with the lock held.

        Args:
            children: interrupt what it has started too, as a terminal does. It may wait for a
                child as C's system() does, with the signal ignored.
        """
        if self.is_open:
            if children:
                os.killpg(0, signal.SIGINT)
            self.wake()
        elif self._is_aside:
            self.struck = True
            self._nudge()

    def wake(self) -> None:
        """Send SIGINT to the main thread, whatever it does."""
        signal.pthread_kill(self._main_thread, signal.SIGINT)

    def attempt(self, call: Callable[[], Any]) -> tuple[Any, Any]:
        """Call something that an interrupt may break. Returns its result and its exception."""
        result: Any = None
        error: BaseException | None = None
        try:
            try:
                self._open()
                result = call()
            except BaseException as raised:
                error = raised
            self._close()
        except BaseException as late:
            # struck after the user's code had ended and before the gate was shut
            self._close()
            error = error or late
        if error is not None:
            error.__traceback__ = trim(error.__traceback__)
        return result, error

    def aside(self, call: Callable[[], Any]) -> Any:
        """Within user code: do something of ours that no interrupt may break off.

        Raises:
            What `call` raises; what user code does about an interrupt that came meanwhile.
        """
        try:
            self._close()
        except BaseException:
            self._open()
            raise
        self._is_aside = True
        try:
            return call()
        finally:
            self._is_aside = False
            struck, self.struck = self.struck, False
            self._open()
            if struck:
                signal.raise_signal(signal.SIGINT)

    def wait(self, call: Callable[[], Any]) -> Any:
        """Wait for something; the user's handlers (SIGINT's excepted) run meanwhile.

        Raises:
            Whatever they raise; then what `call` returned may be lost.
        """
        try:
            signal.pthread_sigmask(signal.SIG_SETMASK, self._user_mask)
            return call()
        finally:
            self._hold_back()

    def _note_interrupt(self, signum: int, frame: Any) -> None:
        if self._is_aside:
            self.struck = True
            self._nudge()

    def _hold_back(self) -> None:
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, _HELD_BACK)
        if not mask.issuperset(_HELD_BACK):  # else they had been held back, by the first attempt
            self._user_mask = mask

    def _open(self) -> None:
        with self.lock:
            self.struck = False
            self.is_open = True
        signal.signal(signal.SIGINT, self._user_handler)
        signal.pthread_sigmask(signal.SIG_SETMASK, self._user_mask)

    def _close(self) -> None:
        self._hold_back()
        handler: Any = None
        while True:
            try:
                handler = signal.signal(signal.SIGINT, self._keep_out)
                break
            except KeyboardInterrupt:
                self.struck = True  # it had been under way
        if handler is not self._keep_out:
            # what user code installed is its own, and comes back with the next run
            self._user_handler = handler if handler is not None else signal.default_int_handler
        with self.lock:
            self.is_open = False

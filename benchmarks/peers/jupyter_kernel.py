"""The figures of ipykernel, measured through jupyter_client in its own environment.

Reads one JSON request a line, ``{"do": name, ...}``, and answers each with one line of JSON.
Times are taken here, beside the client, so that the pipe to the runner costs nothing.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.manager import AsyncKernelManager

WAIT = 120.0


class Kernel:
    """A kernel and its one client."""

    def __init__(self, transport: str = "tcp") -> None:
        self.manager = AsyncKernelManager(transport=transport)
        if transport == "ipc":
            self.manager.ip = str(Path(tempfile.mkdtemp(dir="/tmp")) / "k")
        self.client: AsyncKernelClient = self.manager.client()

    async def start(self) -> None:
        """Launch, connect, and wait until it answers."""
        await self.manager.start_kernel(stdout=asyncio.subprocess.DEVNULL)
        self.client = self.manager.client()
        self.client.start_channels()
        await self.client.wait_for_ready(timeout=WAIT)

    async def execute(
        self, code: str, on_text: Callable[[str], None] | None = None, answer: str | None = None
    ) -> None:
        """Run code until its reply and its ``idle`` are both here."""
        asked = self.client.execute(code, allow_stdin=answer is not None)
        stdin = asyncio.ensure_future(self._answer(answer)) if answer is not None else None
        while True:
            news = await self.client.get_iopub_msg(timeout=WAIT)
            if news["parent_header"].get("msg_id") != asked:
                continue
            if news["msg_type"] == "stream" and on_text is not None:
                on_text(news["content"]["text"])
            if news["msg_type"] == "status" and news["content"]["execution_state"] == "idle":
                break
        if stdin is not None:
            stdin.cancel()
        while True:
            reply = await self.client.get_shell_msg(timeout=WAIT)
            if reply["parent_header"].get("msg_id") == asked:
                return

    async def _answer(self, text: str) -> None:
        while True:
            await self.client.get_stdin_msg(timeout=WAIT)
            self.client.input(text)

    async def stop(self) -> None:
        """End the kernel."""
        self.client.stop_channels()
        await self.manager.shutdown_kernel(now=True)


def pss(pid: int) -> int:
    """Proportional set size of a process, in bytes."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    raise ValueError(f"no Pss of {pid}")


async def new_session() -> dict[str, Any]:
    """Start a kernel, until its first result."""
    kernel = Kernel()
    begin = time.perf_counter()
    await kernel.start()
    await kernel.execute("1 + 1")
    seconds = time.perf_counter() - begin
    await kernel.stop()
    return {"seconds": seconds}


async def ten_sessions() -> dict[str, Any]:
    """Start ten kernels at once, until all have a result; then their memory."""
    kernels = [Kernel() for _ in range(10)]

    async def first_result(kernel: Kernel) -> None:
        await kernel.start()
        await kernel.execute("x = 1")

    begin = time.perf_counter()
    await asyncio.gather(*map(first_result, kernels))
    seconds = time.perf_counter() - begin
    memory = sum(pss(kernel.manager.provisioner.pid) for kernel in kernels) / 10
    await asyncio.gather(*(kernel.stop() for kernel in kernels))
    return {"seconds": seconds, "pss": memory}


class Standing:
    """Figures taken in one kernel that is there already."""

    def __init__(self) -> None:
        self.kernel = Kernel()

    async def round_trips(self, count: int) -> dict[str, Any]:
        """Times of that many executions of ``x = 1``."""
        times = []
        for _ in range(count):
            begin = time.perf_counter()
            await self.kernel.execute("x = 1")
            times.append(time.perf_counter() - begin)
        return {"times": times}

    async def output(self, code: str, lines: int = 0, size: int = 0) -> dict[str, Any]:
        """Run code that prints numbered lines, or that many ``x``, until all of it is checked."""
        expected = "".join(f"{i}\n" for i in range(lines)) if lines else "x" * size
        parts: list[str] = []
        begin = time.perf_counter()
        await self.kernel.execute(code, parts.append)
        text = "".join(parts)
        complete = text == expected
        seconds = time.perf_counter() - begin
        return {"seconds": seconds, "complete": complete, "lines": text.count("\n")}

    async def inputs(self, count: int) -> dict[str, Any]:
        """Answer input() that often; seconds for one."""
        begin = time.perf_counter()
        await self.kernel.execute(f"for _ in range({count}): input()", answer="yes")
        return {"seconds": (time.perf_counter() - begin) / count}

    async def interrupt(self) -> dict[str, Any]:
        """Interrupt an endless loop that has run for a moment, until the kernel is idle again."""
        running = asyncio.Event()
        code = "print('go', flush=True)\nwhile True: pass"
        task = asyncio.ensure_future(self.kernel.execute(code, lambda _text: running.set()))
        await running.wait()
        await asyncio.sleep(0.05)
        begin = time.perf_counter()
        await self.kernel.manager.interrupt_kernel()
        await task
        return {"seconds": time.perf_counter() - begin}

    async def whos(self, code: str) -> dict[str, Any]:
        """Run code in a new kernel, then list its variables there."""
        kernel = Kernel()
        await kernel.start()
        await kernel.execute(code)
        parts: list[str] = []
        begin = time.perf_counter()
        await kernel.execute("%whos", parts.append)
        seconds = time.perf_counter() - begin
        await kernel.stop()
        if len(parts) == 0:
            raise AssertionError("nothing was listed")
        return {"seconds": seconds}

    async def time_import(self, module: str) -> dict[str, Any]:
        """Import a module in a new kernel."""
        kernel = Kernel()
        await kernel.start()
        begin = time.perf_counter()
        await kernel.execute(f"import {module}")
        seconds = time.perf_counter() - begin
        await kernel.stop()
        return {"seconds": seconds}


async def silence(code: str, seconds: float) -> dict[str, Any]:
    """Run code that prints numbered lines, read nothing for so long, then all; over ipc."""
    kernel = Kernel("ipc")
    await kernel.start()
    asked = kernel.client.execute(code)
    time.sleep(seconds)  # the whole client stands still: this is what is measured
    parts: list[str] = []
    while True:
        try:
            news = await kernel.client.get_iopub_msg(timeout=5)
        except Exception:  # the queue is empty: the end may be among what was lost
            break
        if news["parent_header"].get("msg_id") != asked:
            continue
        if news["msg_type"] == "stream":
            parts.append(news["content"]["text"])
        if news["msg_type"] == "status" and news["content"]["execution_state"] == "idle":
            break
    await kernel.stop()
    lines = "".join(parts).splitlines()
    return {"lines": len(lines), "last": int(lines[-1]) if lines else 0}


async def main() -> None:
    """Answer requests until the input ends."""
    standing = Standing()
    free: dict[str, Callable[..., Any]] = {
        "new_session": new_session,
        "ten_sessions": ten_sessions,
        "silence": silence,
    }
    loop = asyncio.get_running_loop()
    started = False
    while True:
        line = await loop.run_in_executor(None, sys.stdin.readline)
        if not line:
            break
        request = json.loads(line)
        name = request.pop("do")
        if name in free:
            answer = await free[name](**request)
        else:
            if not started:
                await standing.kernel.start()
                started = True
            answer = await getattr(standing, name)(**request)
        os.write(3, json.dumps(answer).encode() + b"\n")
    if started:
        await standing.kernel.stop()


if __name__ == "__main__":
    asyncio.run(main())

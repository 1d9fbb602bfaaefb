"""Runs functions in child processes, so that the servers' loop never waits for them."""

import asyncio
import multiprocessing
import multiprocessing.context
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any, TypeVar, cast

T = TypeVar("T")
_METHODS = multiprocessing.get_all_start_methods()
_CONTEXT = cast(
    multiprocessing.context.DefaultContext,
    multiprocessing.get_context("forkserver" if "forkserver" in _METHODS else "spawn"),
)


class WorkerError(Exception):
    """The function raised, or its process died; the text says which."""


class Worker:
    """One child process that runs one function after the other and is replaced when it dies. Bound to no event loop."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sandbox-worker")
        self._process: BaseProcess | None = None
        self._pipe: Connection | None = None

    async def run(
        self,
        function: Callable[..., T],
        *args: object,
        progress: Callable[[float], None] | None = None,
        seconds: float = 600.0,
    ) -> T:
        """Run a module-level function with picklable arguments.

        Args:
            function: gets the keyword `progress` too, when there is one.
            args: its arguments.
            progress: called, from another thread, with what the function tells.
            seconds: after this the process is killed.

        Raises:
            WorkerError: it raised, died or took too long.
        """
        loop = asyncio.get_running_loop()
        exchange = loop.run_in_executor(self._thread, self._exchange, function, args, progress)
        exchange.add_done_callback(lambda done: None if done.cancelled() else done.exception())
        try:
            async with asyncio.timeout(seconds):
                return await asyncio.shield(exchange)
        except TimeoutError:
            self._kill()
            raise WorkerError(f"it took longer than {seconds:.0f} s") from None
        except asyncio.CancelledError:
            exchange.cancel()
            self._kill()
            raise

    def close(self) -> None:
        """End the process, whatever it is doing."""
        self._kill()
        self._thread.shutdown(wait=True, cancel_futures=True)
        self._drop()

    def _exchange(
        self, function: Callable[..., Any], args: tuple[object, ...], progress: Callable[[float], None] | None
    ) -> Any:
        pipe = self._open()
        try:
            pipe.send((function, args, progress is not None))
            while True:
                word, value = pipe.recv()
                if word == "done":
                    return value
                if word == "failed":
                    raise WorkerError(value)
                if progress is not None:
                    progress(value)
        except (EOFError, OSError) as error:
            self._drop()
            raise WorkerError(f"its process died ({type(error).__name__})") from None

    def _open(self) -> Connection:
        if self._process is None or self._pipe is None or not self._process.is_alive():
            self._drop()
            self._pipe, far_end = _CONTEXT.Pipe()
            self._process = _CONTEXT.Process(target=_serve, args=(far_end,), daemon=True)
            self._process.start()
            far_end.close()
        return self._pipe

    def _kill(self) -> None:
        process = self._process
        if process is not None:
            with suppress(ValueError):
                process.kill()

    def _drop(self) -> None:
        if self._pipe is not None:
            self._pipe.close()
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._process.close()
        self._pipe = self._process = None


class Engine:
    """The two functions of the seam, with processes to run them: one that looks, and some that render.

    Args:
        detect: `(image, ratio) -> Detection`; without a ratio the whole image is filmed.
        render: `(image, audio, film, target, progress=…)`; writes an mp4.
        max_running: videos that are rendered side by side; more tasks may run, and wait for each other here.
    """

    def __init__(self, detect: Callable[..., Any], render: Callable[..., None], max_running: int = 1) -> None:
        self.detect = detect
        self.render = render
        self.looker = Worker()
        self.renderers = [Worker() for _ in range(max_running)]

    def close(self) -> None:
        """End every process."""
        for worker in (self.looker, *self.renderers):
            worker.close()


def _serve(pipe: Connection) -> None:
    # Ctrl-C in a terminal reaches the whole group; the parent decides when this process ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        try:
            function, args, tells = pipe.recv()
            keywords = {"progress": lambda done: pipe.send(("progress", float(done)))} if tells else {}
            answer = ("done", function(*args, **keywords))
        except EOFError:
            return
        except Exception as error:
            answer = ("failed", f"{type(error).__name__}: {error}")
        try:
            pipe.send(answer)
        except BrokenPipeError:
            return

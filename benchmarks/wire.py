"""Counts what goes to a PostgreSQL server, at the wire: statements, words about transactions, round trips."""

import asyncio
import struct
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import sqlalchemy as sa

WORDS = ("begin", "commit", "rollback", "savepoint", "release")
STARTUP_CODES = {80877102, 80877103, 80877104}
"""Of requests before a session begins: to cancel, and for encryption."""


class WireCounter:
    """A TCP proxy before a server.

    Args:
        server: its address.
        counted: grows with what clients ask of it: by `statement`, by `word` (BEGIN, COMMIT, ROLLBACK), and by `trip`
            for each time that a client waits for an answer.
    """

    def __init__(self, server: sa.URL, counted: Counter[str]) -> None:
        self._server = server
        self._counted = counted

    @contextmanager
    def running(self) -> Iterator[sa.URL]:
        """Listen for the length of the block; gives the address.

        In a thread of its own: a client may wait for the server without letting its event loop go on.
        """
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_forever, daemon=True)
        thread.start()
        try:
            yield asyncio.run_coroutine_threadsafe(self._listen(), loop).result()
        finally:
            asyncio.run_coroutine_threadsafe(_end_all(), loop).result()
            loop.call_soon_threadsafe(loop.stop)
            thread.join()

    async def _listen(self) -> sa.URL:
        listener = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self._server.set(host="127.0.0.1", port=listener.sockets[0].getsockname()[1])

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(self._server.host, self._server.port or 5432)
        back = asyncio.create_task(_copy(far_reader, writer))
        # A handler that ends cancelled would have asyncio complain, once for each connection that is open at the end.
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await self._read(reader, far_writer)
        far_writer.close()
        with suppress(asyncio.CancelledError):
            await back

    async def _read(self, reader: asyncio.StreamReader, far: asyncio.StreamWriter) -> None:
        """Hand on what a client says, message by message."""
        known: dict[bytes, str] = {}  # texts of prepared statements, by their names
        bound = ""
        while True:
            head = await reader.readexactly(4)
            length = struct.unpack("!I", head)[0]
            body = await reader.readexactly(length - 4)
            far.write(head + body)
            if struct.unpack("!I", body[:4])[0] not in STARTUP_CODES:
                break
        while True:
            kind = await reader.readexactly(1)
            head = await reader.readexactly(4)
            body = await reader.readexactly(struct.unpack("!I", head)[0] - 4)
            far.write(kind + head + body)
            if kind == b"P":
                name, text, _ = body.split(b"\0", 2)
                known[name] = text.decode(errors="replace")
            elif kind == b"B":
                bound = known.get(body.split(b"\0", 2)[1], "")
            elif kind == b"E":
                self._count(bound)
            elif kind == b"Q":
                self._count(body.rstrip(b"\0").decode(errors="replace"))
                self._counted["trip"] += 1
            elif kind == b"S":
                self._counted["trip"] += 1

    def _count(self, text: str) -> None:
        is_word = text.lstrip().lower().startswith(WORDS)
        self._counted["word" if is_word else "statement"] += 1


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(65536):
            writer.write(data)
    writer.close()


async def _end_all() -> None:
    """End every connection that is open."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)

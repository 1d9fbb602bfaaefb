"""Ports for servers that must know theirs before they listen."""

import random
import socket
from collections import deque
from contextlib import suppress

HELD = 64
_held: deque[socket.socket] = deque()


def port_of_its_own() -> int:
    """A free TCP port of loopback that no test of any process is given meanwhile, and no client.

    This process holds the UDP port of the same number until it has asked for `HELD` others. Clients have numbers above
    32767.
    """
    while True:
        port = random.randrange(10_000, 32_000)
        hold = socket.socket(type=socket.SOCK_DGRAM)
        with socket.socket() as probe, suppress(OSError):
            hold.bind(("127.0.0.1", port))
            probe.bind(("127.0.0.1", port))
            _held.append(hold)
            if len(_held) > HELD:
                _held.popleft().close()
            return port
        hold.close()

"""The stand-in and who calls it, as in the stories of its parts."""

from tests.sandbox.telegram.conftest import alice, api, bot, durations, server

__all__ = ["alice", "api", "bot", "durations", "server"]

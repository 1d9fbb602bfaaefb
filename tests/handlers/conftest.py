"""The world of the stories, for handlers that need a bot around them."""

from tests.stories.conftest import alice, world

__all__ = ["alice", "world"]

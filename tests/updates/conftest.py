"""The world of the stories, for handlers that need a bot around them."""

from tests.stories.conftest import alice, engine, ran_before, world

__all__ = ["alice", "engine", "ran_before", "world"]

"""One memory of compiled SQL for all databases that a test process opens, for there are hundreds.

Each engine has one of its own otherwise, and a bot that starts compiles its statements anew: a fifth of what a story
costs.
"""

from collections.abc import Hashable, MutableMapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import Dialect


class Compilations(dict[Hashable, Any]):
    """What SQLAlchemy has compiled, by the statement and the kind of database instead of by the one database."""

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get(_of_kind(key), default)

    def __setitem__(self, key: Any, compiled: Any) -> None:
        super().__setitem__(_of_kind(key), compiled)


def _of_kind(key: tuple[Any, ...]) -> tuple[Any, ...]:
    dialect: Dialect = key[0]
    return type(dialect), dialect.server_version_info, *key[1:]


def share() -> None:
    """Let every connection from here on use one memory."""
    compilations: MutableMapping[Hashable, Any] = Compilations()

    @sa.event.listens_for(sa.Engine, "engine_connect")
    def use(connection: sa.Connection) -> None:
        connection.execution_options(compiled_cache=compilations)

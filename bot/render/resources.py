"""What the steps of a render work with."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from sqlalchemy.ext.asyncio import AsyncEngine

from bot.engines.engine import Engine
from bot.gates.money import Money
from bot.render.accounts import Account, Accounts
from bot.render.audience import Audience
from bot.render.labelling import Labels
from bot.render.machine import Machine
from bot.render.pauses import Pauses
from bot.render.slots import Slots
from bot.render.timing import Timing
from storage.book import Payer
from storage.keyed_hash import KeyedHash
from storage.links import Links
from storage.objects import Objects
from storage.renders import Render
from storage.tasks import TaskRow


@dataclass
class Resources:
    """All that the steps work with.

    Args:
        accounts: at the service.
        engine: what new renders are made by.
        others: by their names, for renders that were ordered from another one before it was changed.
        told: when the operator was last told of a cause: a model, what is wrong with it, and for which account.
        longest_voice: seconds; a voice must be shorter, whether it is made in one piece or in parts.
        upload_limit: bytes of a file that Telegram takes; a larger video is made smaller.
        ask_above: CNY; before a video that costs more is ordered, its person is asked.
        labels: how videos say that they are made by AI.
        keyed: gives hashes to those whose opt-outs and refusals last.
        money: what may be spent, and how it is written down.
        machine: this process among the others.
    """

    database: AsyncEngine
    objects: Objects
    links: Links
    accounts: Accounts
    audience: Audience
    engine: Engine
    others: Mapping[str, Engine] = field(default_factory=dict)
    longest_voice: float = 60.0
    ask_above: Decimal = Decimal(5)
    upload_limit: int = 49 * 1024 * 1024
    money: Money = field(default_factory=Money)
    labels: Labels = field(default_factory=Labels)
    keyed: KeyedHash = field(default_factory=KeyedHash)
    timing: Timing = field(default_factory=Timing)
    pauses: Pauses = field(default_factory=Pauses)
    slots: Slots = field(init=False)
    told: dict[tuple[str, ...], float] = field(default_factory=dict)
    machine: Machine = field(default_factory=Machine)

    def __post_init__(self) -> None:
        self.slots = Slots(self.accounts, wake=self.pauses.wake)

    def engine_of(self, render: Render) -> Engine:
        """The engine that a render was, or is to be, ordered from."""
        return self.engine_called(render.engine)

    def engine_called(self, name: str) -> Engine:
        """The engine of that name."""
        return self.engine if name == self.engine.name else self.others.get(name, self.engine)

    def account_of(self, render: Render) -> Account:
        """The account that a render is to be ordered from: that of its slot, or any where it has none."""
        name = self.slots.account_of(render.id)
        return self.accounts.called(name) if name is not None else self.accounts.for_work()[0]

    def account_with(self, task: TaskRow) -> Account:
        """The account that has a task."""
        return self.accounts.called(task.account)

    def payer_of(self, render: Render) -> Payer:
        """Who a render is counted against."""
        return self.money.book.payer(render.chat_id, render.user_id)

"""Permission: whose photo and whose voice it is, and what they said about its use."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.gates.denial import Denial
from storage.cast import Face
from storage.consents import ALLOW, VOUCHED, read_answers
from storage.drafts import Draft, DraftKey, key_of_render
from storage.keyed_hash import KeyedHash
from storage.refusals import marks_of, opted_out, refused_marks
from storage.renders import Render


@dataclass(frozen=True)
class Use:
    """A photo or a voice that somebody wants to use.

    Args:
        file: what Telegram calls it, wherever it is sent; None: a presenter's, or from before this was kept.
        owner_id: whose it is; None: a presenter's or a bot's, which everybody may use.
        sha: of its bytes, once they are kept.
    """

    kind: Literal["photo", "voice"]
    file: str | None
    owner_id: int | None
    sha: str | None = None

    @property
    def is_presenter(self) -> bool:
        """Whether the operator provides it: no member can refuse it."""
        return self.file is None and self.owner_id is None


class NotPermitted(Exception):
    """Somebody does not want their photo or voice used; `reason` is what a render ends with."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def uses_of(row: Draft | Render) -> list[Use]:
    """Return what a draft or a render uses."""
    uses = []
    if row.portrait_sha:
        uses.append(Use("photo", row.portrait_file, row.portrait_owner_id, row.portrait_sha))
    if row.voice_sha:
        uses.append(Use("voice", row.voice_file, row.voice_owner_id, row.voice_sha))
    return uses


def use_of(face: Face) -> Use:
    """Return the use of a saved face."""
    return Use("photo", face.portrait_file, face.portrait_owner_id, face.portrait_sha)


async def check_permission(
    connection: AsyncConnection, keyed: KeyedHash, who: DraftKey, asks: bool, uses: Sequence[Use]
) -> dict[Use, Denial]:
    """Check what a person may use; return what they may not, and why.

    They may use their own, a presenter's, any in their private chat, and what its owner has allowed. A refusal and an
    opt-out hold everywhere, whatever was allowed before, and where nobody is asked.

    Args:
        who: the person, and where they are.
        asks: whether owners are asked in this chat.
    """
    marks = {use: marks_of(keyed, use.file, use.sha) for use in uses if not use.is_presenter}
    refused = await refused_marks(connection, keyed, who.user_id, [mark for each in marks.values() for mark in each])
    others = [use for use in marks if use.owner_id not in (None, who.user_id)]
    out = await opted_out(connection, keyed, [use.owner_id for use in others if use.owner_id is not None])
    denials = {use: Denial.SAID_NO for use in marks if refused & {*marks[use]}}
    denials |= {use: Denial.OPTED_OUT for use in others if use.owner_id in out}
    if who.is_private or not asks:
        return denials
    files = {(use.file or use.sha or "", use.owner_id or 0): use for use in others if use not in denials}
    answers = await read_answers(connection, who.chat_id, files) if files else {}
    for name, use in files.items():
        if name not in answers:
            denials[use] = Denial.NOT_ASKED
        elif answers[name] not in (ALLOW, VOUCHED):
            denials[use] = Denial.NOT_ANSWERED if answers[name] is None else Denial.SAID_NO
    return denials


def still_permitted(keyed: KeyedHash, render: Render) -> Callable[[AsyncConnection], Awaitable[None]]:
    """Return what sees, in the transaction that writes the intent, that nobody has said no since the render was begun.

    Raises:
        NotPermitted: somebody has.
    """

    async def check(connection: AsyncConnection) -> None:
        who = key_of_render(render)
        denials = await check_permission(connection, keyed, who, False, uses_of(render))
        for use, denial in denials.items():
            raise NotPermitted(f"{'portrait' if use.kind == 'photo' else 'voice'}_{denial}")

    return check

"""What Telegram's refusals mean."""

from pathlib import Path

import pytest
from telegram.error import BadRequest, Forbidden, TelegramError

from bot.render.audience import Barrier, ChatGone, FileIdDead, SendForbidden
from handlers.texts.barriers import BARRIERS
from handlers.transport.refusals import REFUSALS, Means, meaning_of
from handlers.transport.sending import meaning


def test_every_barrier_has_its_word() -> None:
    assert set(BARRIERS) == set(Barrier)


def test_no_refusal_is_taken_for_another_one() -> None:
    for refusal in REFUSALS:
        for words in refusal.words:
            assert meaning_of(BadRequest(words.upper())) is refusal.means


@pytest.mark.parametrize(
    ("error", "meant"),
    [
        (Forbidden("Forbidden: bot was blocked by the user"), ChatGone),
        (Forbidden("Forbidden: bot can't initiate conversation with a user"), ChatGone),
        (BadRequest("Bad Request: private chat not found"), ChatGone),
        (BadRequest("Not enough rights to send text messages to the chat"), SendForbidden),
        (Forbidden("Forbidden: a reason of tomorrow"), SendForbidden),
        (BadRequest("Wrong file identifier/HTTP URL specified"), FileIdDead),
        (BadRequest("Bad Request: a reason of tomorrow"), BadRequest),
    ],
)
def test_what_is_refused_is_raised_as_what_it_means(error: TelegramError, meant: type[Exception]) -> None:
    assert type(meaning(error)) is meant


def test_nobody_is_called_gone_for_a_reason_that_is_not_known() -> None:
    """What deletes must be sure."""
    assert meaning_of(Forbidden("Forbidden: a reason of tomorrow")) is not Means.GONE


def test_the_documentation_names_each_refusal() -> None:
    told = (Path(__file__).parents[3] / "docs" / "telegram.md").read_text().lower()
    assert [words for refusal in REFUSALS for words in refusal.words if words not in told] == []


def test_the_documentation_says_what_people_read() -> None:
    told = (Path(__file__).parents[3] / "docs" / "telegram.md").read_text()
    assert [text() for text in BARRIERS.values() if text() not in told] == []

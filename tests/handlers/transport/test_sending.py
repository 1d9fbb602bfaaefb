"""What Telegram's refusals mean for something that is to be sent."""

import pytest
from telegram.error import RetryAfter, TelegramError

from bot.render.audience import MaybeSent
from handlers.transport import sending
from handlers.transport.http import AnswerLate
from handlers.transport.sending import until_sent


async def test_a_flood_that_outlasts_the_rate_limiter_is_waited_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "FIRST_PAUSE", 0.0)
    floods = [RetryAfter(0), RetryAfter(0)]

    async def send() -> str:
        if floods:
            raise floods.pop()
        return "sent"

    assert await until_sent(send) == "sent"


async def test_a_flood_is_no_reason_to_wait_longer_than_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    async def send() -> str:
        raise RetryAfter(0)

    monkeypatch.setattr(sending, "FIRST_PAUSE", 0.0)
    with pytest.raises(RetryAfter):
        await until_sent(send, longest=0.0)


@pytest.mark.parametrize("lost", [AnswerLate("nothing came"), TelegramError("Invalid server response")])
async def test_only_what_may_come_twice_is_sent_again_when_its_answer_was_lost(
    monkeypatch: pytest.MonkeyPatch, lost: TelegramError
) -> None:
    monkeypatch.setattr(sending, "FIRST_PAUSE", 0.0)
    answers = [lost, lost, None]

    async def send() -> str:
        if answer := answers.pop(0):
            raise answer
        return "sent"

    with pytest.raises(MaybeSent):
        await until_sent(send)
    assert await until_sent(send, may_repeat=True) == "sent"

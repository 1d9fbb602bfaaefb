"""What Telegram's refusals mean for something that is to be sent."""

import pytest
from telegram.error import RetryAfter

from handlers import sending
from handlers.sending import until_sent


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

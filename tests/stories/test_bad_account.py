"""An account that the service will not work for: nothing is lost, the operator is told, and all goes on when mended."""

from collections import Counter
from collections.abc import Callable

import pytest
from structlog.testing import capture_logs

from bot.sandbox.telegram import Person
from handlers.texts import endings
from storage.renders import Stage
from tests.stories.conftest import PORTRAIT, World, brief_voice

NOT_NOW = "Not now.*Nothing was lost"


def refuse_key(world: World) -> None:
    world.emo.accounts[0].api_key = "another-key"


def stop_paying(world: World) -> None:
    world.emo.account = "arrears"


def use_up_quota(world: World) -> None:
    world.emo.account = "free_tier"


def mend(world: World) -> None:
    world.emo.accounts[0].api_key = "sandbox-key"
    world.emo.account = "good"


FAULTS = [
    (refuse_key, "DASHSCOPE_API_KEY"),
    (stop_paying, "pay what is due"),
    (use_up_quota, "quota is used up"),
]


@pytest.mark.parametrize(("fault", "advice"), FAULTS, ids=["key", "arrears", "quota"])
async def test_the_render_waits_without_loss_and_goes_on_when_the_account_is_mended(
    fault: Callable[[World], None], advice: str, bot: None, world: World, alice: Person
) -> None:
    fault(world)
    with capture_logs() as log:
        alice.sends_photo(PORTRAIT)
        await alice.sees("I have your photo.*check it later.*Send a voice message")
        voice = alice.sends_voice(brief_voice())
        card = await alice.sees(NOT_NOW)
        alice.sends("/status")
        await alice.sees(f"In the works.*{NOT_NOW}")
    errors = [line["why"] for line in log if line["log_level"] == "error"]
    assert errors
    assert all(advice in error for error in errors)
    assert "sandbox-key" not in str(log)
    assert world.emo.bill == []

    mend(world)
    video = await alice.sees_video()
    assert video.reply_to is not None
    assert video.reply_to.id == voice.id
    await alice.sees_gone(card)
    assert world.detects_paid() == 1
    assert len(world.emo.tasks) == 1


async def test_a_cancel_while_the_account_is_shut_is_a_cancel(
    bot: None, world: World, alice: Person, asked: Counter[str]
) -> None:
    stop_paying(world)
    alice.sends_photo(PORTRAIT)
    alice.sends_voice(brief_voice())
    card = await alice.sees(NOT_NOW)
    await alice.presses(card, "Cancel")
    await alice.sees(endings.ENDED_CANCELLED())
    mend(world)
    alice.sends_voice(brief_voice())
    await alice.sees_video()
    assert asked["submit"] == 1


async def test_an_account_that_is_shut_between_the_photo_and_the_order_orders_once_when_mended(
    bot: None, world: World, alice: Person
) -> None:
    alice.sends_photo(PORTRAIT)
    await alice.sees("Good photo")
    use_up_quota(world)
    alice.sends_voice(brief_voice())
    await alice.sees(NOT_NOW)
    mend(world)
    await alice.sees_video()
    assert len(world.emo.tasks) == 1
    assert world.detects_paid() == 1


async def test_a_key_that_is_revoked_while_the_task_runs_costs_nothing_twice(
    bot: None, world: World, alice: Person, asked: Counter[str]
) -> None:
    world.emo.hold()
    alice.sends_photo(PORTRAIT)
    alice.sends_voice(brief_voice())
    await world.render_that(lambda render: render.stage is Stage.WAITING)
    refuse_key(world)
    await alice.sees(NOT_NOW)
    world.emo.release()
    mend(world)
    await alice.sees_video()
    assert asked["submit"] == 1

"""Hand a part of a render over to an account, once: the intent is written before the call, the id right after it."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import structlog

from bot.dashscope.errors import AccountError, DashscopeError, LostAnswer, UnclearAnswer
from bot.engines.engine import Media
from bot.gates.permission import NotPermitted, still_permitted
from bot.render.account import tell_operator
from bot.render.accounts import Account
from bot.render.ending import OVER_BUDGET, End, refuse_cancelled, refuse_ended, refuse_restored
from bot.render.inputs import costs_of, links_of, load_objects, options_of, verdict_of
from bot.render.judging import judge, note_taken, settle_in_turn, wait_for_key
from bot.render.resources import Resources
from bot.render.retry import retry_call
from storage.passing import PASSING, until_written
from storage.renders import Render, Stage, read_render
from storage.reservations import OverBudget
from storage.tasks import Check, OrderGoingOn, TaskRow, current_task, drop_intent, write_intent
from storage.voice_parts import voice_of
from storage.workload import open_submits

log = structlog.get_logger(__name__)

TURN_PAUSE = 0.5
"""Seconds between two looks whether somebody else's submit is done."""


async def submit(resources: Resources, render: Render) -> None:
    """Hand the task over, once: the intent is written before the call, the task's id right after it."""
    if not render.has_video:
        await retry_call(resources, render, lambda: hand_over(resources, render))


async def hand_over(resources: Resources, render: Render) -> None:
    """Try once, when no other try is going on at the account."""
    while True:
        _, task = await current_task(resources.database, render.id, render.parts)
        if task is not None and task.task_id is not None and (not task.ended or task.video_url is not None):
            return
        lost = task if task is not None and task.is_intent else None
        if lost is not None and lost.account not in resources.accounts:
            await wait_for_key(resources, render, lost)
        elif lost is not None and lost.is_judged:
            await judge(resources, render, lost)
            continue
        account = resources.account_with(lost) if lost is not None else resources.account_of(render)
        if await hand_over_in_turn(resources, account, render):
            return
        await resources.pauses.pause(render.id, TURN_PAUSE)
        if lost is None:
            await refuse_cancelled(resources, render)


async def hand_over_in_turn(resources: Resources, account: Account, render: Render) -> bool:
    """Try, unless somebody else does, or it is not known yet what became of another's try; returns whether it did."""
    if account.submitting.locked():
        return False
    async with account.submitting:
        if await open_submits(resources.database, account.name) - {render.id}:
            return False
        while True:
            part, last = await current_task(resources.database, render.id, render.parts)
            if last is not None and last.is_intent:
                if not last.is_judged:
                    last = await settle_in_turn(resources, render, last)
                if last.is_judged:
                    return False
            if last is not None and (not last.ended or last.video_url is not None):
                return True
            render = await _fresh(resources, render)
            refuse_ended(render)
            try:
                task, task_id = await _order(resources, account, render, part, last)
            except OrderGoingOn:
                return False
            except AccountError as error:
                account.note_shut(error, order=True)
                if resources.accounts.any_works:
                    tell_operator(resources, resources.engine_of(render), error, account)
                raise
            except LostAnswer as lost:
                log.warning("the answer to a submit was lost", render=render.id, why=str(lost))
                continue
            await note_taken(resources, render, task, task_id)
            return True


async def _order(
    resources: Resources, account: Account, render: Render, part: int, last: TaskRow | None
) -> tuple[TaskRow, str]:
    """Submit a part with links of its own: whether they are fetched tells later what became of this very call."""
    engine, options = resources.engine_of(render), options_of(render)
    verdict = await verdict_of(resources, render)
    voice_sha = await voice_of(resources.database, render, part)
    portrait, voice = await load_objects(resources, render.portrait_sha, voice_sha)
    if last is not None:
        await resources.links.revoke(*links_of(last))
    image, audio = await account.hosting.host(engine.video_model, portrait, voice)
    keys = [each.link for each in (image, audio) if each.link]
    attempt, price = last.attempt + 1 if last else 1, engine.second_price(options)
    costs = await costs_of(resources, render, part, price, voice)
    checks = (
        still_permitted(resources.keyed, render),
        resources.money.for_task(resources.payer_of(render), render.id, attempt, costs, account.name),
    )
    columns = {"part": part, "attempt": attempt, "account": account.name, "engine": engine.name}
    columns |= {"model": engine.video_model, "second_price": str(price)}
    task = await _intend(resources, render, checks, image_link=image.link, audio_link=audio.link, **columns)
    try:
        return task, await account.service.submit(engine.order(Media(image.url, audio.url), verdict, options))
    except LostAnswer:
        raise
    except UnclearAnswer as error:
        log.error("a task was taken that nobody can ask after", render=render.id, why=str(error))
        raise End(Stage.UNSURE, "submit_lost") from error
    except DashscopeError:
        await drop_intent(resources.database, task)
        await resources.links.revoke(*keys)
        raise


async def _intend(resources: Resources, render: Render, checks: Sequence[Check], /, **columns: Any) -> TaskRow:
    """Write the intent down; where that may not be, its links end.

    Raises:
        OrderGoingOn: another order of the account is on its way.
        End: the render is not to be ordered.
    """
    end_links = partial(
        resources.links.revoke, *(columns[name] for name in ("image_link", "audio_link") if columns[name])
    )
    try:
        task = await write_intent(resources.database, render.id, checks, resources.machine.id, **columns)
    except (OrderGoingOn, *PASSING):
        await until_written(end_links)
        raise
    except NotPermitted as error:
        await end_links()
        raise End(Stage.REFUSED, error.reason) from error
    except OverBudget as over:
        await end_links()
        raise End(Stage.FAILED, OVER_BUDGET + over.kind) from over
    if task is None:
        await end_links()
        await refuse_restored(resources, render)
        raise End(Stage.CANCELLED)  # it has ended, or is forgotten, since it was read
    return task


async def _fresh(resources: Resources, render: Render) -> Render:
    return await read_render(resources.database, render.id) or render

"""Check a face: ask the service whether it takes the photo, and pay once for each photo, model and ratio."""

from functools import partial

from bot.dashscope.errors import DashscopeError, LostAnswer, ServiceError
from bot.dashscope.fault_table import reason_of_look
from bot.engines.engine import Engine, Options
from bot.render.account import ask_each
from bot.render.accounts import Account
from bot.render.ending import OVER_BUDGET, End
from bot.render.inputs import load_objects, options_of
from bot.render.resources import Resources
from bot.render.retry import retry_call
from storage.book import Payer
from storage.ledger import Look, note_lost_look
from storage.lost_looks import name_uploaded_look
from storage.objects import Object
from storage.passing import until_written
from storage.renders import Render, Stage
from storage.reservations import OverBudget, free_look
from storage.tasks import latest_task
from storage.verdicts import StoredVerdict, read_verdict, write_verdict


async def detect(resources: Resources, render: Render) -> None:
    """See that the service takes the face; a photo that was checked is not paid for again."""
    if render.has_video:
        return
    engine, options = resources.engine_of(render), options_of(render)
    verdict = await read_verdict(resources.database, render.portrait_sha, options.ratio, engine.detect_model)
    if verdict is not None and verdict.passed:
        return
    task = await latest_task(resources.database, render.id)
    if task is not None and task.task_id is not None:
        return
    if verdict is None:
        [portrait] = await load_objects(resources, render.portrait_sha)
        call = partial(check_portrait, resources, engine, portrait, options, resources.payer_of(render))
        try:
            verdict = await retry_call(resources, render, call)
        except OverBudget as over:
            raise End(Stage.FAILED, OVER_BUDGET + over.kind) from over
    if not verdict.passed:
        raise End(Stage.REFUSED, reason_of_look(verdict.code, verdict.message))


async def check_portrait(
    resources: Resources, engine: Engine, portrait: Object, options: Options, payer: Payer
) -> StoredVerdict:
    """Ask the service about a face, once for each photo, model and ratio.

    Raises:
        DashscopeError: the service did not say.
        OverBudget: a look costs more than there is.
    """
    async with resources.machine.hold(f"look:{portrait.sha}:{options.ratio}:{engine.detect_model}"):
        known = await read_verdict(resources.database, portrait.sha, options.ratio, engine.detect_model)
        if known is not None:
            return known

        async def ask(account: Account) -> StoredVerdict:
            look = look_of(engine, account.name)
            check = partial(_check_once, resources, account, engine, look, portrait, options, payer)
            return await account.service.repeat("detect", check)

        return await ask_each(resources, engine, ask)


def look_of(engine: Engine, account: str) -> Look:
    """Return what the ledger says of a look by an engine's model."""
    return Look(account, engine.name, engine.detect_model, engine.look_price)


async def _check_once(
    resources: Resources, account: Account, engine: Engine, look: Look, portrait: Object, options: Options, payer: Payer
) -> StoredVerdict:
    """Check once. Whether a link of its own was fetched tells what a lost answer has cost; of an upload, nobody can."""
    [hosted] = await account.hosting.host(engine.detect_model, portrait)
    reference = hosted.link or name_uploaded_look(resources.machine.id)
    keys = [hosted.link] if hosted.link else []
    try:
        await resources.money.for_look(resources.database, payer, reference, look.price, look.account)
        said = await account.service.detect(engine.look(hosted.url, options), boxes=engine.gives_boxes)
        face, ext = (box.as_list() if box else None for box in (said.face_box, said.ext_box))
        asked = (portrait.sha, options.ratio, engine.detect_model)
        verdict = StoredVerdict(*asked, said.passed, face, ext, said.code, said.message)
        paid, book = look if said.billed else None, resources.money.book
        await until_written(partial(write_verdict, resources.database, book, verdict, reference, paid))
    except LostAnswer as lost:
        await until_written(partial(resources.links.revoke, *keys))  # first: a photo not fetched by now was not checked
        was_fetched = hosted.link is None or await until_written(partial(resources.links.fetched, hosted.link))
        await _settle_lost(resources, reference, look if was_fetched else None)
        raise ServiceError(lost.message, status=lost.status) from lost
    except DashscopeError as error:
        await _settle_lost(resources, reference, look if error.billed else None)
        raise
    finally:
        await until_written(partial(resources.links.revoke, *keys))
    return verdict


async def _settle_lost(resources: Resources, reference: str, paid: Look | None) -> None:
    """Note what a look without a result has cost, or give back what was reserved for it."""
    if paid is not None:
        await until_written(partial(note_lost_look, resources.database, resources.money.book, reference, paid))
    else:
        await until_written(partial(free_look, resources.database, reference))

"""Check a face: ask the service whether it takes the photo, and pay once for each photo and ratio."""

from functools import partial

from bot.dashscope.errors import LostAnswer, ServiceError
from bot.render.ending import End
from bot.render.parts import Parts
from bot.render.retry import retry_call
from bot.render.task import load_objects
from storage.ledger import note_face_check
from storage.objects import Object
from storage.renders import Render, Stage
from storage.verdicts import StoredVerdict, read_verdict, write_verdict


async def detect(parts: Parts, render: Render) -> None:
    """See that the service takes the face; a photo that was checked is not paid for again."""
    if render.has_video or render.task_id:
        return
    [portrait] = await load_objects(parts, render.portrait_sha)
    verdict = await retry_call(parts, render, lambda: check_portrait(parts, portrait, render.ratio, render.chat_id))
    if not verdict.passed:
        raise End(Stage.REFUSED, verdict.code or "InvalidFile")


async def check_portrait(parts: Parts, portrait: Object, ratio: str, chat_id: int | None) -> StoredVerdict:
    """Ask the service about a face, once for each photo and ratio.

    Raises:
        EmoError: the service did not say.
    """
    async with parts.checking.hold((portrait.sha, ratio)):
        known = await read_verdict(parts.database, portrait.sha, ratio)
        if known is not None:
            return known
        return await parts.emo.repeat("detect", partial(_check_once, parts, portrait, ratio, chat_id))


async def _check_once(parts: Parts, portrait: Object, ratio: str, chat_id: int | None) -> StoredVerdict:
    """Check once, by a link of its own: whether it was fetched tells what a lost answer has cost."""
    link = await parts.links.issue(portrait)
    try:
        said = await parts.emo.detect(link.url, "3:4" if ratio == "3:4" else "1:1")
        face, ext = (box.as_list() if box else None for box in (said.face_box, said.ext_box))
        verdict = StoredVerdict(portrait.sha, ratio, said.passed, face, ext, said.code, said.message)
        await write_verdict(parts.database, verdict, link.key, chat_id)
    except LostAnswer as lost:
        await parts.links.revoke(link.key)  # first: a photo not fetched by now was not checked
        if await parts.links.fetched(link.key):
            await note_face_check(parts.database, link.key, chat_id)
        raise ServiceError(lost.message, status=lost.status) from lost
    finally:
        await parts.links.revoke(link.key)
    return verdict

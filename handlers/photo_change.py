"""*Change photo* on a card, *Keep photo*, and *New photo* below a video."""

from bot.gates.permission import uses_of
from bot.render.ordering import price_of
from handlers import texts
from handlers.again import make
from handlers.collecting import begin_render
from handlers.context import Services
from handlers.gates import may_press, video_cost
from handlers.transport.press import Press
from storage.drafts import Draft, drop_portrait, keep_portrait, key_of_render, read_draft
from storage.photo_changes import PhotoChange, begin_photo_change
from storage.renders import Render, find_render, read_render


async def change(services: Services, press: Press, render: Render) -> None:
    """Let the voice of a render wait for another photo: instead of the old one, or beside it where that is ordered."""
    if render.duet_id is not None and not render.ended:
        await press.say(texts.CHANGE_DUET(), alert=True)
        return
    what, draft = await begin_photo_change(services.resources.database, render)
    match what:
        case PhotoChange.TAKEN:
            await press.say(texts.CHANGE_TAKEN(), alert=True)
        case PhotoChange.ORDERED if draft.voice_sha is None:
            await press.say(texts.CHANGE_ORDERED_NEWER(), alert=True)
        case PhotoChange.ORDERED:
            price = await price_of(services.resources, {**vars(render), "video_sha": None})
            word = texts.CHANGE_ORDERED if price else texts.CHANGE_ORDERED_FREE
            await _ask(services, press, render, word(price=texts.price(str(price))))
        case PhotoChange.ENDED:
            await _ask_for_next(services, press, render, draft)
        case PhotoChange.WAITS if draft.portrait_sha is not None and draft.voice_sha == render.voice_sha:
            await _begin_with_newer(services, press, render, draft)
        case PhotoChange.WAITS if draft.voice_sha != render.voice_sha:  # pressed again, weeks later
            await press.say(texts.CHANGE_KEPT())
        case _:
            await _let_card_wait(services, render)
            await _ask(services, press, render, None if draft.key.is_private else texts.CHANGE_REPLY())


async def _ask(services: Services, press: Press, render: Render, text: str | None) -> None:
    """Ask for the photo, once however often it is tapped."""
    await press.say(texts.CHANGE_TAPPED())
    if text is not None and services.told.may_say(("photo", render.id)):
        await press.ask(text)


async def _let_card_wait(services: Services, render: Render) -> None:
    """Let the card of a render that is to have another photo say so; its own steps, if it takes one, end."""
    services.resources.pauses.wake(render.id)
    await services.cards.end(await read_render(services.resources.database, render.id) or render)


async def _begin_with_newer(services: Services, press: Press, render: Render, draft: Draft) -> None:
    """Make the video with the photo that the person has sent since."""
    voice = await services.resources.objects.get(draft.voice_sha or "")
    options = services.resources.engine.options(render.ratio, render.style)
    cost = video_cost(services, (voice.seconds if voice else None) or 0.0, options)
    situation = await services.situation(draft.key)
    if await may_press(services, situation, press, uses_of(draft), video=True, cost=cost) and press.message is not None:
        await press.say(texts.AGAIN_STARTED())
        services.resources.pauses.wake(render.id)
        await begin_render(services, situation, draft, [], press.message, press.origin)
    else:
        await _let_card_wait(services, render)


async def _ask_for_next(services: Services, press: Press, render: Render, draft: Draft) -> None:
    """Let the next photo take the place of the one that was used."""
    if draft.portrait_sha is not None and (draft.portrait_used or draft.portrait_sha == render.portrait_sha):
        await drop_portrait(services.resources.database, draft.key, draft.portrait_sha)
    await press.say(texts.CHANGE_TAPPED())
    await press.ask(texts.CHANGE_ENDED() if draft.voice_sha else texts.NEW_PHOTO_ASKED())


async def keep(services: Services, press: Press, render: Render) -> None:
    """Make the video with the old photo after all, while its voice still waits for another one."""
    database, key = services.resources.database, key_of_render(render)
    draft = await read_draft(database, key)
    waits = draft.voice_sha == render.voice_sha and draft.portrait_sha is None
    if not waits and await find_render(database, press.origin) is None:
        await press.say(texts.CHANGE_KEPT())
        await press.show_buttons(None)
    elif await make(services, press, render, render.ratio, render.style):
        await keep_portrait(database, key, render.portrait_sha, render.portrait_file, render.portrait_owner_id)
        await services.cards.clear(render)

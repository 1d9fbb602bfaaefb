"""Answers about one's own face and voice: to a question, /optout and /optin."""

import json
import re
from collections.abc import Sequence

from telegram import Update

from handlers.context import Context, Services, services_of
from handlers.permission.refusing import remember_refusal
from handlers.permission.taking_back import take_back_from_others, withdraw
from handlers.texts import BUTTON_GONE
from handlers.texts import consent as texts
from handlers.texts.language import sentences
from handlers.transport.answering import answer, key_of
from handlers.transport.inbox import take
from handlers.transport.press import Press, read_press
from storage.consents import Consent, drop_wishes, read_question, read_wishes, write_answer
from storage.refusals import opt_in, opt_out

PATTERN = re.compile(r"consent:(?P<answer>allow|no|never):(?P<question>[\w-]{1,40})")

MOST_WISHES = 64
"""That one answer lets go on."""


async def on_button(update: Update, context: Context) -> None:
    """Take the owner's answer, and handle what waited for it."""
    press = await read_press(update, PATTERN)
    if press is None:
        return
    database = services_of(context).resources.database
    asked = await read_question(database, press.chat.id, press.match["question"])
    if not asked:
        word = BUTTON_GONE()
    elif not await _is_by_owner(press, asked[0]):
        word = texts.NOT_YOURS()
    elif asked[0].answer is not None and not await read_wishes(database, press.chat.id, asked[0].question):
        word = texts.SETTLED()
    else:
        word = await _settle(press, context, asked, update.update_id)
    await press.say(word)


async def _is_by_owner(press: Press, consent: Consent) -> bool:
    if consent.owner_id == press.user_id:
        return True
    return consent.owner_id < 0 and await press.is_by_admin()


async def _settle(press: Press, context: Context, asked: Sequence[Consent], update_id: int) -> str:
    """Note the answer, show it in the place of the question, and handle what waited."""
    services, said = services_of(context), press.match["answer"]
    database, owner_id, question = services.resources.database, asked[0].owner_id, asked[0].question
    if not await write_answer(database, asked, "allow" if said == "allow" else "no"):
        said = asked[0].answer or said
    bodies = (await read_wishes(database, press.chat.id, question))[:MOST_WISHES]
    kind = "photo" if any(consent.kind == "photo" for consent in asked) else "voice"
    word = {"allow": texts.ALLOWED, "no": texts.REFUSED[kind], "never": texts.NEVER_NOW[kind]}[said]
    await press.show_text(word(owner=press.query.from_user.first_name))
    if said == "allow":
        numbered = [{"update_id": -(update_id * MOST_WISHES + n), **json.loads(body)} for n, body in enumerate(bodies)]
        await take(context.application, numbered)
    else:
        await remember_refusal(services, press.query.get_bot(), asked, bodies)
        if said == "never":
            await _leave(services, context, owner_id)
    await drop_wishes(database, press.chat.id, question)
    return word(owner=press.query.from_user.first_name)


async def _leave(services: Services, context: Context, owner_id: int) -> int:
    """Opt somebody out, and end what others made of them; return how much that was."""
    await opt_out(services.resources.database, services.resources.keyed, owner_id)
    await withdraw(services, context.bot, owner_id, texts.OPTED_OUT)
    return await take_back_from_others(services, context.bot, owner_id)


async def optout(update: Update, context: Context) -> None:
    """Let nobody else use the sender's photos and voices, and end what others made of them."""
    if update.message is not None:
        ended = await _leave(services_of(context), context, key_of(update.message).user_id)
        await answer(update.message, sentences(texts.OUT(), texts.OUT_ENDED(n=ended) if ended else ""))


async def optin(update: Update, context: Context) -> None:
    """Let others ask again, also about what the sender has refused."""
    if update.message is not None:
        resources = services_of(context).resources
        await opt_in(resources.database, resources.keyed, key_of(update.message).user_id)
        await answer(update.message, texts.IN())

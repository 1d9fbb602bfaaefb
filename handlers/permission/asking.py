"""Ask whoever's photo or voice it is whether another member may use it.

Nothing is fetched before its owner has said yes. Then the wish that waited is handled again, as an update of our own.
"""

import secrets
from collections.abc import Mapping, Sequence

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, ReplyParameters

from bot.gates.denial import Denial
from bot.gates.permission import Use, check_permission
from handlers.context import Services
from handlers.permission.wish import Wish, member_name, name_of_owner
from handlers.sources import Source
from handlers.texts import consent as texts
from handlers.transport.answering import answer
from handlers.transport.keyboards import in_rows
from handlers.transport.sending import until_sent
from storage.clock import unix_now
from storage.consents import (
    NO,
    VOUCHED,
    Consent,
    add_wish,
    ask_once,
    note_answer,
    note_sent,
    read_answers,
    read_awaited,
)
from storage.drafts import drop_portrait, drop_voice
from storage.refusals import near_likenesses
from storage.sightings import sighted_in
from storage.situation import Situation

Uses = Mapping[Use, Source | None]
"""What is wanted, each with the message that brings it, if one does."""


def use_of_source(source: Source) -> Use:
    """Return the use of what a message brings."""
    return Use("photo" if source.file.may_be_picture else "voice", source.file.unique_id, source.owner_id)


async def may_use(services: Services, situation: Situation, wish: Wish, uses: Uses) -> bool:
    """Return whether somebody may use photos and voices; tell those who may not, or not yet.

    Ask the owners, once for each file. A chat's admins answer for what was posted in its name.
    """
    resources, key = services.resources, situation.key
    async with resources.database.connect() as connection:
        denials = await check_permission(connection, resources.keyed, key, situation.choices.consent, [*uses])
    for final, words in ((Denial.OPTED_OUT, texts.OPTED_OUT), (Denial.SAID_NO, texts.SAID_NO)):
        if denied := [use for use, denial in denials.items() if denial is final]:
            for use in denied:
                await _leave_draft(services, situation, use)
            await answer(wish.message, words[denied[0].kind]())
            return False
    by_owner: dict[int, list[Use]] = {}
    for use in denials:
        by_owner.setdefault(use.owner_id or 0, []).append(use)
    waits = [await _ask_owner(services, wish, owner_id, theirs, uses) for owner_id, theirs in by_owner.items()]
    return not any(waits)


async def _leave_draft(services: Services, situation: Situation, use: Use) -> None:
    """Take out of the draft what must not be used, so that something else can take its place."""
    if use.sha is not None:
        drop = drop_portrait if use.kind == "photo" else drop_voice
        await drop(services.resources.database, situation.key, use.sha)


async def _ask_owner(services: Services, wish: Wish, owner_id: int, theirs: Sequence[Use], uses: Uses) -> bool:
    """Ask an owner about all that is wanted of theirs; False where they cannot be asked: who brings it answers."""
    chat, database = wish.message.chat, services.resources.database
    source = next((source for use in theirs if (source := uses[use]) is not None), None)
    name = name_of_owner(source) if source is not None else None
    if source is None or not source.is_posted_here:
        name = await member_name(wish.message.get_bot(), chat, owner_id)
    files = {use.file or use.sha or "": use.kind for use in theirs}
    if name is None:
        for file, kind in files.items():
            vouched = Consent(chat.id, file, owner_id, kind, secrets.token_hex(8), VOUCHED, unix_now())
            await note_answer(database, vouched)
        return False
    question = secrets.token_hex(8)
    wanted = [Consent(chat.id, file, owner_id, kind, question, None, unix_now()) for file, kind in files.items()]
    await ask_once(database, wanted)
    awaited = await read_awaited(database, chat.id, owner_id, files)
    for question in {consent.question for consent in awaited}:
        await add_wish(database, chat.id, question, wish.asker_id, wish.body)
    unsent = [consent for consent in awaited if consent.sent_at is None]
    if not unsent:
        await answer(wish.message, texts.WAITING["photo" if "photo" in files.values() else "voice"](owner=name))
        return True
    words = texts.QUESTION[frozenset(consent.kind for consent in unsent)](owner=name, asker=wish.name)
    await _send_question(services, wish, words, unsent)
    return True


async def _send_question(services: Services, wish: Wish, words: str, asked: Sequence[Consent]) -> None:
    """Send a question as a reply to the owner's own message where it is known, so that they hear of it."""
    database, question = services.resources.database, asked[0].question
    place = await sighted_in(database, wish.message.chat_id, asked[0].file) or wish.message.message_id
    labels = {"allow": texts.ALLOW, "no": texts.NO, "never": texts.NEVER}
    row = [InlineKeyboardButton(text(), callback_data=f"consent:{what}:{question}") for what, text in labels.items()]
    sent = await until_sent(
        lambda: wish.message.reply_text(
            words,
            reply_markup=InlineKeyboardMarkup(in_rows(row)),
            reply_parameters=ReplyParameters(place, allow_sending_without_reply=True),
        ),
        longest=60,
        may_repeat=True,
    )
    await note_sent(database, wish.message.chat_id, question, sent.message_id)


async def ask_about_look(services: Services, wish: Wish, use: Use, likeness: str) -> bool:
    """Return whether a picture may be used that was fetched; one that looks like a refused one is asked about first.

    Ask whoever refused the other one, where it was in this chat; else, who brings this one says whether they may.
    """
    database, chat = services.resources.database, wish.message.chat
    near = [
        each for each in await near_likenesses(database, likeness) if each.owner_id not in (wish.asker_id, use.owner_id)
    ]
    here = next((each.owner_id for each in near if each.chat_id == chat.id), None)
    name = await member_name(wish.message.get_bot(), chat, here) if here is not None else None
    if not near:
        return True
    owner_id = here if here is not None and name is not None else wish.asker_id
    file = use.file or use.sha or ""
    question = Consent(chat.id, file, owner_id, "photo", secrets.token_hex(8), None, unix_now())
    await ask_once(database, [question])
    async with database.connect() as connection:
        said = (await read_answers(connection, chat.id, [(file, owner_id)])).get((file, owner_id))
    if said is not None:
        if said == NO:
            await answer(wish.message, texts.SAID_NO["photo"]())
        return said != NO
    awaited = await read_awaited(database, chat.id, owner_id, [file])
    await add_wish(database, chat.id, awaited[0].question, wish.asker_id, wish.body)
    words = texts.LOOKS_LIKE(owner=name, asker=wish.name) if owner_id != wish.asker_id else texts.LOOKS_LIKE_ONE()
    await _send_question(services, wish, words, awaited)
    return False

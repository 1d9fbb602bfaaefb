"""Business accounts: a customer gets a video that the agent has spoken and approved.

A customer's message becomes a notice to the agent. The agent's voice in reply becomes a video, which they see first.
"""

import re

import structlog
from telegram import (
    BusinessConnection,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    Message,
    ReplyParameters,
    Update,
)
from telegram.error import BadRequest, Forbidden

from bot.gates.permission import uses_of
from bot.render.audience import MaybeSent
from handlers.context import Context, Services, services_of
from handlers.gates import may_press
from handlers.texts import BUTTON_GONE, BUTTON_NOT_YOURS, CAPTION
from handlers.texts import business as texts
from handlers.texts.language import speaking
from handlers.transport.press import Press, read_press
from handlers.transport.sending import until_sent
from storage.access import read_access
from storage.business import (
    UNKNOWN,
    BusinessReply,
    Connection,
    change_reply,
    find_reply,
    new_reply,
    read_connection,
    unsent_replies,
    waiting,
    write_connection,
    write_reply,
)
from storage.drafts import key_of_render
from storage.renders import Render, read_render
from storage.showings import note_showing

log = structlog.get_logger(__name__)

PATTERN = re.compile(r"business:(?P<what>send|drop):(?P<id>[0-9a-f]{1,32})")
MOST_WORDS = 200

TWICE_SECONDS = 300.0
"""A notice of which no answer came is sent again within so many seconds."""


async def on_connection(update: Update, context: Context) -> None:
    """Note that an account is connected or not, and tell its owner what happens now."""
    said = update.business_connection
    if said is None:
        return
    connection = _row(said)
    await write_connection(services_of(context).resources.database, connection)
    if not connection.enabled:
        text = texts.DISCONNECTED()
    else:
        text = texts.CONNECTED() if connection.may_reply else texts.READ_ONLY()
    with speaking(said.user.language_code):
        await until_sent(lambda: context.bot.send_message(connection.user_chat_id, text), longest=60, may_repeat=True)


async def _is_shut_out(services: Services, connection: Connection) -> bool:
    """Return whether the account may not use the bot; its customers are not asked."""
    said = await read_access(services.resources.database, services.resources.money.book.mark(connection.user_id))
    return services.access.judge(connection.user_id, connection.user_chat_id, said, said) is not None


def _row(said: BusinessConnection) -> Connection:
    may_reply = bool(said.rights and said.rights.can_reply)
    return Connection(said.id, said.user.id, said.user_chat_id, may_reply, said.is_enabled, said.user.language_code)


async def on_message(update: Update, context: Context) -> None:
    """Tell the agent that a customer has written, once until the customer is answered."""
    message, services = update.business_message, services_of(context)
    if message is None or message.business_connection_id is None or message.from_user is None:
        return
    connection = await read_connection(services.resources.database, message.business_connection_id)
    if connection is None:
        connection_id = message.business_connection_id
        try:
            said = await until_sent(
                lambda: context.bot.get_business_connection(connection_id), longest=60, may_repeat=True
            )
        except BadRequest as error:
            log.info("a customer's message came over no connection that Telegram knows", why=str(error))
            return
        connection = _row(said)
        await write_connection(services.resources.database, connection)
    person = message.from_user
    if await _is_shut_out(services, connection):
        return
    own = person.id == connection.user_id or person.is_bot or message.sender_business_bot is not None
    if own or not connection.enabled or await waiting(services.resources.database, connection.id, message.chat_id):
        return
    words = (message.text or message.caption or "…")[:MOST_WORDS]
    with speaking(connection.language):
        text = texts.NOTICE(name=person.first_name, words=words)
    notice = await until_sent(
        lambda: context.bot.send_message(connection.user_chat_id, text), longest=60, may_repeat=True
    )
    customer = (message.chat_id, person.first_name, person.language_code)
    await write_reply(
        services.resources.database, new_reply(connection, notice.message_id, customer, message.message_id)
    )


async def note_reply(services: Services, message: Message) -> None:
    """Note which customer the voice of a message answers, if any."""
    notice = message.reply_to_message
    if notice is None:
        return
    reply = await find_reply(services.resources.database, message.chat_id, notice_id=notice.message_id)
    if reply is None and notice.from_user is not None and notice.from_user.id == message.get_bot().id:
        reply = await _lost_notice(services, notice)
    if reply is not None:
        await change_reply(services.resources.database, reply, only_unsent=True, voice_message_id=message.message_id)


async def _lost_notice(services: Services, notice: Message) -> BusinessReply | None:
    """Return the customer of a notice that arrived though its answer was lost: it came again, and that one is known.

    Where two customers fit, none does: nothing must go to the wrong one.
    """
    sent = notice.date.timestamp()
    known = await unsent_replies(services.resources.database, notice.chat_id, sent - 1, sent + TWICE_SECONDS)
    fitting = [reply for reply in known if (notice.text or "").startswith(_beginning(reply.customer_name))]
    return fitting[0] if len(fitting) == 1 else None


def _beginning(name: str) -> str:
    """Return how a notice begins, up to the customer's words."""
    return texts.NOTICE(name=name, words="\0").partition("\0")[0]


def approval(reply: BusinessReply, render_id: str) -> list[InlineKeyboardButton]:
    """Return the buttons under a preview."""
    return [
        InlineKeyboardButton(texts.SEND(name=reply.customer_name[:20]), callback_data=f"business:send:{render_id}"),
        InlineKeyboardButton(texts.DROP(), callback_data=f"business:drop:{render_id}"),
    ]


async def on_button(update: Update, context: Context) -> None:
    """Send a preview to the customer, once, or keep it here."""
    press = await read_press(update, PATTERN)
    if press is None:
        return
    database = services_of(context).resources.database
    render = await read_render(database, press.match["id"])
    voice = render.voice_message_id if render and render.chat_id == press.chat.id else None
    reply = await find_reply(database, press.chat.id, voice_message_id=voice) if voice else None
    if render is None or reply is None:
        word = BUTTON_GONE()
    elif not await press.is_by(render.user_id):
        word = BUTTON_NOT_YOURS()
    elif reply.sent_message_id is not None:
        known = reply.sent_message_id != UNKNOWN
        word = (texts.ALREADY if known else texts.UNSURE)(name=reply.customer_name)
    elif press.match["what"] == "drop":
        await change_reply(database, reply, only_unsent=True, voice_message_id=None)
        word = texts.DROPPED()
        await press.show_buttons(None)
    elif not await _may_send(press, context, render):
        return
    else:
        word = await _send(press, context, render, reply)
    await press.say(word, alert=True)


async def _may_send(press: Press, context: Context, render: Render) -> bool:
    services = services_of(context)
    situation = await services.situation(key_of_render(render))
    return await may_press(services, situation, press, uses_of(render))


async def _send(press: Press, context: Context, render: Render, reply: BusinessReply) -> str:
    """Send the video in the account's name; note it before the call, so that it is never sent twice."""
    database, shown = services_of(context).resources.database, press.message.video if press.message else None
    file_id = render.video_file_id or (
        shown.file_id if shown else None
    )  # the button may be pressed before the id is noted
    if file_id is None:
        return texts.VIDEO_GONE()
    if not await change_reply(database, reply, only_unsent=True, sent_message_id=UNKNOWN):
        return texts.UNSURE(name=reply.customer_name)
    with speaking(reply.customer_language or render.language):
        caption = CAPTION()
    try:
        sent = await until_sent(
            lambda: context.bot.send_video(
                reply.customer_chat_id,
                file_id,
                caption=caption,
                business_connection_id=reply.connection_id,
                reply_parameters=ReplyParameters(reply.customer_message_id, allow_sending_without_reply=True),
            ),
            longest=60,
        )
    except MaybeSent:
        return texts.UNSURE(name=reply.customer_name)
    except Exception as error:
        if not isinstance(error.__cause__ or error, BadRequest | Forbidden):
            log.exception("an answer to a customer broke", render=render.id)
        await change_reply(database, reply, sent_message_id=None)
        log.warning("an answer to a customer was not taken", render=render.id, why=str(error))
        return texts.NOT_POSSIBLE(name=reply.customer_name)
    await change_reply(database, reply, sent_message_id=sent.message_id)
    await note_showing(database, reply.customer_chat_id, sent.message_id, render.id)
    button = InlineKeyboardButton(texts.SENT_BUTTON(), callback_data=f"business:send:{render.id}")
    await press.show_buttons(InlineKeyboardMarkup([[button]]))
    return texts.SENT(name=reply.customer_name)

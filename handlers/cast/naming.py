"""Ask for the name of a face, by a message that a reply answers."""

from telegram import Message

from handlers.context import Services
from handlers.transport.answering import ask
from handlers.transport.press import Press
from storage.cast import Whose
from storage.name_questions import NameQuestion, note_question


async def ask_name(
    services: Services,
    asked: Message | Press,
    text: str,
    user_id: int,
    *,
    key: str | None = None,
    of: Whose | None = None,
) -> None:
    """Ask for a name.

    Args:
        asked: what is answered: a message, or a press.
        user_id: who is asked.
        key: of the face that gets the name; None: a new one.
        of: the portrait of the new one.
    """
    sent = await (ask(asked, text, words=True) if isinstance(asked, Message) else asked.ask(text, words=True))
    if sent is not None:
        portrait = (of.sha, of.file, of.owner_id) if of is not None else ()
        question = NameQuestion(sent.chat_id, sent.message_id, user_id, key, *portrait)
        await note_question(services.resources.database, question)

"""A chat as text, for a reader of a failed test or of the terminal."""

from bot.sandbox.telegram.message import Chat, Message
from bot.sandbox.telegram.world import World


def write_transcript(world: World, chat: Chat) -> str:
    """Every message that is in the chat, one paragraph each, oldest first."""
    lines = [f"--- {chat.title} ({chat.kind}) ---"]
    lines += [write_message(world, chat.messages[number]) for number in sorted(chat.messages)]
    return "\n".join(lines)


def write_message(world: World, message: Message) -> str:
    """`#12 Alice: words (reply to #11) [Button]`."""
    who = f"{world.bot.first_name} (bot)" if message.sender.id == world.bot.id else message.sender.first_name
    said = [part for part in (describe(message), message.text) if part]
    notes = []
    if message.thread_id is not None:
        notes.append(f"in topic {message.thread_id}")
    if message.reply_to is not None:
        notes.append(f"reply to #{message.reply_to.id}")
    if message.edited_at is not None:
        notes.append("edited")
    line = f"#{message.id} {who}: {' '.join(said)}"
    if notes:
        line += f" ({', '.join(notes)})"
    return line + "".join(f" [{label}]" for label in message.buttons)


def describe(message: Message) -> str:
    """What is in it beside words: `<video 512×512, 4 s>`."""
    if message.media is None:
        return "" if not message.service else f"<{next(iter(message.content))}>"
    facts = message.file.facts if message.files else {}
    shown = []
    if "width" in facts:
        shown.append(f"{facts['width']}×{facts['height']}")
    if "duration" in facts:
        shown.append(f"{facts['duration']} s")
    if "file_name" in facts:
        shown.append(str(facts["file_name"]))
    return f"<{message.media.replace('_', ' ')}{' ' if shown else ''}{', '.join(shown)}>"

"""What keeps the bot from sending into a chat, and what to do about it."""

from handlers.texts.language import Text

BARRIERS = {
    "send_forbidden": Text("I'm not allowed to send videos here. Ask an admin to let me, then try again."),
    "write_forbidden": Text("I'm not allowed to write here. Ask an admin to let me, then try again."),
    "admins_only": Text("Only admins can post here. Ask them to make me one, then try again."),
    "topic_closed": Text(
        "This topic is closed, so I can't send anything into it. Try again when it's open, or ask me in another one."
    ),
    "privacy": Text(
        "Your privacy settings keep round videos out. Allow me in Telegram's Settings, "
        "under Privacy → Voice Messages, then try again."
    ),
    "fee": Text("Messages cost a fee here, which I can't pay. Ask them to let me write for free, then try again."),
}
ELSEWHERE = Text("I can't answer you in {chat}, so I do it here. {why}")
ELSEWHERE_UNNAMED = Text("I can't answer you in that chat, so I do it here. {why}")

"""Round videos, stickers and loops of a video."""

from handlers.texts.language import Text

ROUND = Text("Round")
STICKER = Text("Sticker")
LOOP = Text("Loop")
MAKING = Text("Just a moment, it's coming…")
GONE = Text("That video is gone by now. Send the photo and the voice again.")
FORBIDDEN = Text("I'm not allowed to send that here. Ask an admin to let me.")
START_FIRST = Text("Telegram keeps stickers in your name: open a private chat with me, press Start, and tap again.")
MAYBE_SENT = Text("I sent it, but Telegram did not say whether it arrived. If you don't see it, tap again.")
NOT_TAKEN = Text("Telegram doesn't take it just now. Please tap again in a minute.")
FAILED = Text("I couldn't make that from this video. The video itself stays.")
SET_TITLE = Text("Talking faces of {name}")

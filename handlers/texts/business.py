"""Business accounts: the agent is told of customers, answers by voice, and lets each video go out."""

from handlers.texts.language import Text

CONNECTED = Text(
    "Your account is connected. When a customer writes, I tell you here; reply to that with a voice message, and your "
    "presenter says it. You see each video before it goes out. Send me a photo of the presenter, or write /as and "
    "tap one."
)
READ_ONLY = Text(
    "Your account is connected, but I may not answer there. Allow replies in Telegram's business settings."
)
DISCONNECTED = Text("Your account is no longer connected. Nothing more goes out.")
NOTICE = Text(
    "{name} wrote: {words}\n\nReply to this with a voice message, and your presenter answers. You see it first."
)
SEND = Text("Send to {name}")
DROP = Text("Not this one")
SENT = Text("Sent to {name}.")
SENT_BUTTON = Text("Sent ✓")
ALREADY = Text("That went to {name} already.")
UNSURE = Text("It may have gone to {name}: please look into your chat there before you send anything again.")
DROPPED = Text("It stays here. Reply to the notice with another voice message to make another one.")
NOT_POSSIBLE = Text(
    "Telegram doesn't let me answer {name} for you: check that I'm still connected and may reply there."
)
VIDEO_GONE = Text("That video is gone by now. Please reply to the notice with the voice message again.")

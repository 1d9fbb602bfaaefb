"""/duet: two faces, two voices in turn, one video."""

from handlers.texts.language import Text

WHO_FIRST = Text("Two faces, two voices, one video. Who speaks first?")
WHO_SECOND = Text("{first} and who else?")
DUET_OF = Text("A duet of {first} and {second}!")
FIRST = Text("A duet of {first} and {second}! Send what {first} says, as a voice message.")
SECOND = Text("Got it. Now send what {second} says.")
PART = Text("{name}'s part of the duet.")
CAPTION = Text("Made by AI: {first} and {second}.")
SIDE = Text("Side by side")
TURN = Text("In turn")
COMING = Text("Just a moment, it's coming…")
GONE = Text("That duet is gone by now. /duet begins another one.")
HALF = Text("The duet didn't work out, but {name}'s part is made.")
BUTTON_PART = Text("{name}'s part")
MAYBE_SENT = Text(
    "I sent the duet, but Telegram did not say whether it arrived. If you don't see it, I can send it again."
)
NOT_TAKEN = Text("The duet is ready, but Telegram did not take it. I can try once more, or send each part alone.")
TOO_LARGE = Text(
    "The duet is ready, but Telegram does not take one of this size from me, not even a smaller copy. "
    "I can send each part alone."
)
FAILED = Text("The duet could not be put together. I can send each part alone.")

"""Faces that stay: /save, /cast, /as, /rename, /remove, presenters."""

from handlers.texts.language import Text

NAME_MISSING = Text("Which name? Write it after the command, such as /save Anna.")
NAME_TOO_LONG = Text("That name is too long; up to {most} characters, please.")
NAME_ODD = Text("A name can have letters, digits, spaces and hyphens. Please try another one.")
NAME_TAKEN = Text("{name} is taken here. Choose another name, or /remove {name} first.")
RENAME_HOW = Text("Write the old name and the new one with a bar between them, such as /rename Anna | Anna Maria.")

SAVED = Text("{name} is in the cast, for everybody here. Reply to a voice with /as {name}, and {name} says it.")
SAVE_WHAT = Text("Reply to a photo with /save NAME, or send me a photo first; then I keep that face by its name.")
NO_PHOTO_THERE = Text("There's no photo in that message. Reply to a photo with /save NAME.")
SAVE_GONE = Text("That photo is gone by now. Please send it once more, and then /save NAME.")
FULL = Text("The cast has {most} faces already. /remove NAME makes room.")
RENAMED = Text("{old} is called {new} now.")
REMOVED = Text("{name} has left the cast.")
NOT_YOURS = Text("Only the person who saved {name}, or an admin, can do that.")
PRESENTER_STAYS = Text("{name} is a presenter for everybody and stays as is.")

NOBODY = Text("There's nobody in the cast yet. Reply to a photo with /save NAME to keep a face.")
UNKNOWN = Text("There's no {name} here. I know: {names}.")
UNKNOWN_NEAR = Text("There's no {name} here. Did you mean {names}?")
UNKNOWN_NOBODY = Text("There's no {name} here, and nobody in the cast yet. Reply to a photo with /save NAME.")
GONE = Text("{name}'s picture is gone by now. Please /save it again.")
SPEAKS = Text("{name} speaks.")
CAST = Text("The cast: {names}")
CAST_HOW = Text("Reply to a voice with a name, such as /as {name}.")
NO_PICTURES_HERE = Text("I'm not allowed to send pictures here, so these are the names alone.")
PRESENTERS = Text("Presenters, for everybody: {names}")
READY = Text("{name} is ready. Now send a voice message and {name} says it.")
LINK = Text("{name}: {link}")
START_UNKNOWN = Text("The presenter of that link isn't here any more, but any photo will do.")

"""Faces that stay: /save, /cast, /as, /rename, /remove, presenters."""

from handlers.texts.language import Text

NAME_ASKED = Text("What's the name of this face? Write it as a reply to this.")
NEW_NAME_ASKED = Text("What shall {name} be called? Write it as a reply to this.")
ANOTHER = Text("Write it as a reply to this.")
NAME_TOO_LONG = Text("That name is too long; up to {most} characters, please.")
NAME_ODD = Text("A name can have letters, digits, spaces and hyphens. Please try another one.")
NAME_TAKEN = Text("{name} is taken here. Please choose another name.")

SAVED = Text("{name} is saved, for everybody here.")
SAVE_WHAT = Text("Which face shall I save? Send me a photo first, or reply to one with /save.")
NO_PHOTO_THERE = Text("There's no photo in that message. Reply to one with /save.")
SAVE_GONE = Text("That photo is gone by now. Please send it once more.")
FULL = Text(
    "{most} faces are saved here already, and there's no room for more. If one of them is yours, tap it to delete it."
)
RENAMED = Text("{old} is called {new} now.")
REMOVED = Text("{name} is deleted.")
NOT_YOURS = Text("Only the person who saved {name}, or an admin, can do that.")
NONE_OF_YOURS = Text("None of the faces here is yours to change: only the person who saved one, or an admin, can.")
PRESENTER_STAYS = Text("{name} is a presenter for everybody and stays as is.")

NOBODY = Text("No face is saved here yet. Below each video is a button that saves its face.")
UNKNOWN = Text("There's no {name} here. I know: {names}.")
UNKNOWN_NEAR = Text("There's no {name} here. Did you mean {names}?")
UNKNOWN_NOBODY = Text(
    "There's no {name} here, and no face is saved yet. Below each video is a button that saves its face."
)
GONE = Text("{name}'s picture is gone by now. Please save it again.")
FACE_GONE = Text("That face isn't saved here any more.")
SPEAKS = Text("{name} speaks.")
CAST = Text("Saved faces: {names}")
CAST_HOW = Text("Tap who shall speak.")
WHO_SPEAKS = Text("Who shall speak?")
WHO_SAYS_IT = Text("I have the voice message. Who shall say it?")
WHO_GOES = Text("Which face shall I delete?")
WHO_RENAMED = Text("Which face shall I rename?")
SURE = Text("Shall I delete {name}, with the picture?")
STAYS = Text("{name} stays.")
NO_PICTURES_HERE = Text("I'm not allowed to send pictures here, so here are just the names.")
PRESENTERS = Text("Presenters, for everybody: {names}")
READY = Text("{name} is ready. Now send a voice message and {name} says it.")
READY_FACE = Text("This face is ready. Now send a voice message, and it says it.")
HELLO = Text("Hello! {name} is ready. Now send a voice message, and you get a video in which {name} says it.")
LET_SPEAK = Text("Let {name} speak")
LINK = Text("{name}: {link}")
START_UNKNOWN = Text("The presenter of that link isn't here any more, but any photo will do.")

BUTTON_SAVE_FACE = Text("Save face")
BUTTON_NEW_VOICE = Text("New voice")
BUTTON_REMOVE = Text("Delete {name}")
BUTTON_KEEP = Text("Keep {name}")

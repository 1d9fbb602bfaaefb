"""The menus of commands that Telegram shows, by where somebody is and what they are there."""

from collections.abc import Mapping

from handlers.texts.language import Text

COMMANDS = {
    "start": Text("How it works"),
    "talk": Text("Make a photo speak; in a group, as a reply to a photo or a voice"),
    "new": Text("Start over with another photo"),
    "settings": Text("Square or tall, how lively, language"),
    "save": Text("Save a face under a name"),
    "as": Text("Let a saved face speak"),
    "duet": Text("Let two saved faces talk"),
    "cast": Text("All saved faces"),
    "rename": Text("Give a saved face another name"),
    "remove": Text("Delete a saved face"),
    "status": Text("What I'm working on"),
    "cancel": Text("Stop it"),
    "history": Text("Your last videos, free to have again"),
    "usage": Text("What your videos have cost"),
    "privacy": Text("What I keep, and for how long"),
    "forget": Text("Delete everything I keep about you"),
    "report": Text("Report a video that should not exist"),
    "optout": Text("Let nobody else use your face and voice"),
    "optin": Text("Let others ask for your face and voice again"),
    "help": Text("Help"),
}

FOR_OPERATORS = {
    "admin": Text("What is spent and in the works; pause and resume"),
    "allow": Text("Let somebody use me"),
    "block": Text("Keep somebody from using me"),
    "broadcast": Text("A message to all chats; you see it first"),
    "trace": Text("What happened to one video"),
    "who": Text("Who is behind a hash from the report"),
}


def _menu(*names: str) -> Mapping[str, Text]:
    return {name: COMMANDS[name] for name in names}


FACES = ("as", "save", "cast", "duet", "rename", "remove")
ONES_OWN = ("history", "usage", "privacy", "forget", "optout", "optin", "help")

PRIVATE = _menu("start", "new", *FACES, "status", "cancel", "settings", *ONES_OWN)
"""Alone with the bot a photo and a voice need no command; only a group has admins to report to."""

GROUPS = _menu("talk", "new", *FACES, "status", "cancel", "report", *ONES_OWN)
GROUP_ADMINS = _menu("talk", "new", *FACES, "status", "cancel", "settings", "report", *ONES_OWN)
"""They may change what is chosen for the group."""

OPERATORS = {**FOR_OPERATORS, **PRIVATE}

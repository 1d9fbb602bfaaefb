"""Permission to use somebody's photo or voice, and taking it back."""

from handlers.texts.language import Text

QUESTION = {
    frozenset({"photo"}): Text("{owner}, {asker} would like to make your photo speak. Is that all right?"),
    frozenset({"voice"}): Text("{owner}, {asker} would like to make a photo speak with your voice. Is that all right?"),
    frozenset({"photo", "voice"}): Text(
        "{owner}, {asker} would like to make your photo speak with your voice. Is that all right?"
    ),
}
"""By what is asked for."""

LOOKS_LIKE = Text("{owner}, {asker} has a photo that looks like one you said no to. May it be used?")
LOOKS_LIKE_ONE = Text(
    "This photo looks like one that somebody does not want used. Is it you, or did they say yes? Only then tap Allow."
)
ALLOW = Text("Allow")
NO = Text("No")
NEVER = Text("Never me")
ALLOWED = Text("{owner} says yes.")
REFUSED = {
    "photo": Text("{owner} would rather not. Another photo will do."),
    "voice": Text("{owner} would rather not. Another voice will do."),
}
NEVER_NOW = {
    "photo": Text("{owner} would rather not, and won't be asked again. Another photo will do."),
    "voice": Text("{owner} would rather not, and won't be asked again. Another voice will do."),
}
WAITING = {
    "photo": Text("{owner} has been asked about that photo; I'll go on when there's an answer."),
    "voice": Text("{owner} has been asked about that voice; I'll go on when there's an answer."),
}
SAID_NO = {
    "photo": Text("That photo is not to be used. Another one will do."),
    "voice": Text("That voice is not to be used. Another one will do."),
}
OPTED_OUT = {
    "photo": Text("That person prefers not to be in videos. Another photo will do."),
    "voice": Text("That person prefers not to be heard in videos. Another voice will do."),
}
WITHDRAWN = Text(
    "The person I asked here has had everything about them deleted, so I no longer wait for an answer. "
    "You can ask again."
)
NOT_YOURS = Text("Only the person whose photo or voice it is can answer that.")
SETTLED = Text("That's settled already.")
OUT = Text("All right: nobody else can use photos and voices that you post. /optin takes it back.")
OUT_ENDED = Text(
    "{n} thing that others had made or saved with your face or voice is deleted.",
    "{n} things that others had made or saved with your face or voice are deleted.",
)
IN = Text("All right: others may ask you about photos and voices that you post. /optout stops that.")
TAKEN_BACK = Text(
    "Somebody whose face or voice was used here doesn't allow it any more. What was made or saved with "
    "it is deleted; another photo or voice will do."
)
REPORT_HOW = Text("Reply to a video of mine with /report, and whoever runs this chat can remove it.")
REPORTED = Text("{name} says that this video should not exist. An admin can remove it, with everything made from it.")
REPORTED_HERE = Text("You can remove this video, with everything made from it.")
REMOVE = Text("Remove it")
REMOVED = Text("The video is removed, with everything made from it.")
REMOVED_FOR = Text("A video that you asked for was reported and removed. Another photo and voice will do.")
ADMINS_REMOVE = Text("Only admins can remove it.")
THE_ADMINS = Text("An admin of this group")

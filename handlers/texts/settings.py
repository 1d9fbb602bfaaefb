"""/settings, and who may use the bot."""

from handlers.texts.language import Text

SETTINGS = Text("How videos are made here. Tap to change; it's remembered.")
SETTINGS_READ_ONLY = Text("Only admins can change the settings of this group.")
SAVED = Text("Saved.")
GONE = Text("That choice isn't there any more. /settings shows what there is.")
ADMINS_ONLY = Text("In this group only admins make videos with me.")

RATIO = {"1:1": Text("Square"), "3:4": Text("Tall")}
STYLE = {"calm": Text("Calm"), "normal": Text("Normal"), "active": Text("Lively")}
FORMAT = {"video": Text("Video"), "round": Text("+ round"), "sticker": Text("+ sticker"), "loop": Text("+ loop")}
WHO = {"all": Text("For everybody"), "admins": Text("For admins")}
CONSENT = {"on": Text("Ask them first"), "off": Text("Don't ask")}
OWN_LANGUAGE = Text("Each one's own")
TELEGRAM_LANGUAGE = Text("As in Telegram")
BUTTON_LANGUAGES = Text("All languages")

HEADING = {
    "ratio": Text("Square or tall"),
    "style": Text("Liveliness"),
    "shape": Text("What you get"),
    "language": Text("Language"),
    "who": Text("Who may make videos"),
    "consent": Text("Photos and voices of others"),
}
ABOUT = {
    "ratio": Text("Square shows the face. Tall shows the upper body too, so it must be in the photo."),
    "style": Text("How much the head moves while it speaks."),
    "shape": Text("The video always comes. A round video, a sticker or a loop can follow it, free."),
    "language": Text("In which language I speak here."),
    "who": Text("Everybody in this group, or its admins alone."),
    "consent": Text(
        "I ask members before their photo or voice is used. A No and /optout count even where I don't ask."
    ),
}
"""What the headings say when they are tapped: 200 characters at most."""

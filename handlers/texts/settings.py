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
CONSENT = {"on": Text("Ask whose photo it is"), "off": Text("Don't ask")}
OWN_LANGUAGE = Text("Each one's own")

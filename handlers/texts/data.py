"""What is kept of people: /history, /privacy, /forget."""

from handlers.texts.language import Text

HISTORY = Text("Your last videos here. Tap a number to get one again, free.")
HISTORY_LINE = Text("{number}. {facts}")
HISTORY_EMPTY = Text(
    "There are no videos of yours here yet, or they're too old by now. Send a photo and a voice message."
)
HISTORY_GONE = Text("That video is gone by now. Send the photo and the voice again.")

PRIVACY = Text(
    "What I keep: your photos, voices and videos, and when each was made, for {n} day after their "
    "last use; faces saved under a name until somebody deletes them, or nobody has used them for "
    "{faces} days; and what you chose in /settings.\n\n"
    "{files}\n\n"
    "/forget deletes all of it at once. /optout keeps others from using photos and voices that you "
    "post, and deletes what they made with them. Telegram stores the messages in this chat; you can delete "
    "them yourself.",
    "What I keep: your photos, voices and videos, and when each was made, for {n} days after their "
    "last use; faces saved under a name until somebody deletes them, or nobody has used them for "
    "{faces} days; and what you chose in /settings.\n\n"
    "{files}\n\n"
    "/forget deletes all of it at once. /optout keeps others from using photos and voices that you "
    "post, and deletes what they made with them. Telegram stores the messages in this chat; you can delete "
    "them yourself.",
)

FORGET_ME = Text(
    "I'll delete everything I keep about you, here and in every group: photos, voices, videos, drafts, saved faces, "
    "settings, and what others made with your face and voice. What is in the works stops. "
    "Nothing can bring it back.\n\n"
    "What stays names nobody: what videos cost, and, until /optin, that you opted out or said no to a photo or voice."
)
FORGET_CHAT = Text(
    "I'll delete everything I keep about this group and all its members: photos, voices, videos, drafts, saved faces, "
    "settings. What is in the works stops. Nothing can bring it back."
)
FORGET_ME_BUTTON = Text("Forget me")
FORGET_CHAT_BUTTON = Text("Forget this group")
KEEP_BUTTON = Text("Keep everything")
KEPT = Text("Nothing was deleted.")
FORGOTTEN_FILES = Text(
    "Done: {n} file and everything I kept about it is deleted for good.",
    "Done: {n} files and everything I kept about them are deleted for good.",
)
FORGOTTEN_LATER = Text(
    "The storage of my files doesn't answer just now. Nobody can get at yours any more, "
    "and they are deleted there as soon as it does."
)
FORGOTTEN_NOTHING = Text("Done: nothing of it is kept any more.")
NOT_YOURS = Text("Only the person who wrote /forget can press that.")
ADMINS_ONLY = Text("Only admins can make me forget a whole group.")

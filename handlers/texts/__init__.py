"""Every text that a person reads, in one folder. Short, kind, and saying what happens next.

`{…}` are filled in by `str.format`; a text is plain, never markup. Here are the texts of the main job; the other
files have those of one feature each.
"""

from decimal import Decimal

from bot.media.errors import Reason
from handlers.texts.endings import PHOTO_REFUSED
from handlers.texts.language import Text, amount

DESCRIPTION = Text(
    "Send a photo and a voice message, and you get a video in which the face in the photo says it.\n\n"
    "Videos are made by AI, and say so. Use only faces and voices of people who agree.\n\n"
    "Press Start to begin."
)
"""What Telegram shows before Start: 512 characters at most."""
SHORT_DESCRIPTION = Text("I make photos speak: send a photo and a voice message, and get a video.")
"""On the profile: 120 characters at most."""
WELCOME = Text(
    "Hello! Send me a photo of one face and a voice message, in any order, "
    "and I'll reply with a video in which that face speaks that voice.\n\n"
    "Best is one person facing the camera, well lit, and a clear voice of less than {seconds} seconds. "
    "/help tells more."
)
WELCOME_FACES = Text("No photo at hand? Take a face from below and just send a voice message.")
EXAMPLE = Text("The video above is an example, made by AI from a photo and a voice.")
EXAMPLE_BY_PUPPET = Text("The video above is an example, made by AI (a simple puppet) from a painting and a voice.")
SERVICES = {
    "aliyuncs.com": Text("Alibaba Cloud in Beijing, China"),
    "dashscope-intl.aliyuncs.com": Text("Alibaba Cloud in Singapore"),
    "dashscope-us.aliyuncs.com": Text("Alibaba Cloud in the United States"),
}
"""By the end of their addresses."""
GATEWAY = Text("the gateway {host}, and from there perhaps to Alibaba Cloud in China")
FILES_GO_OUT = Text(
    "Your files go to {service}, where the video is made, and are deleted here {n} day after their last use.",
    "Your files go to {service}, where the video is made, and are deleted here {n} days after their last use.",
)
FILES_UPLOADED = Text(
    "Your files go to {service}, where the video is made and files stay for two days; "
    "here they are deleted {n} day after their last use.",
    "Your files go to {service}, where the video is made and files stay for two days; "
    "here they are deleted {n} days after their last use.",
)
FILES_STAY = Text(
    "Your files stay on this bot's own machine, where a puppet makes the video, and are deleted {n} day after their "
    "last use.",
    "Your files stay on this bot's own machine, where a puppet makes the video, and are deleted {n} days after their "
    "last use.",
)
OWN_FACE = Text(
    "Use only your own face and voice, or those of people who said yes. If a video should not exist, "
    "reply to it with /report."
)
HELP = Text(
    "Send a photo and a voice message; that's all. The photo stays, so another voice alone makes "
    "another video.\n\n"
    "/talk – the same in a group: as a reply to a photo or a voice, or alone to begin\n"
    "/save – save a face under a name, as a reply to its photo\n"
    "/as – let a saved face speak, as a reply to a voice or before one\n"
    "/cast – all saved faces; /rename and /remove change them\n"
    "/duet – two faces, two voices, one video\n"
    "/new – start over with another photo\n"
    "/status – what I'm working on; /cancel stops it\n"
    "/history – your last videos, free to have again\n"
    "/settings – square or tall, how lively, language\n"
    "/usage – what your videos have cost, and what is left\n"
    "/privacy, /forget, /optout – what I keep about you, and how to end that\n"
    "/report – as a reply to a video that should not exist\n\n"
    "A voice can be a voice message, an audio file or a round video; a photo can be sent as a file "
    "too, for best quality. Photos and voice messages that open only once don't reach me."
)

TALK = Text("Send a photo of a face or a voice message as a reply to this, and I'll ask for the other one.")
PHOTO_KEPT = Text("Good photo! Now send a voice message and I'll make it speak.")
PHOTO_KEPT_UNSEEN = Text(
    "I have your photo. The service that looks at faces doesn't answer just now, so I'll check it later. "
    "Send a voice message meanwhile."
)
PHOTO_KEPT_NO_MODEL = Text(
    "I have your photo. But the service that makes the videos is gone, and only the operator can fix "
    "that; until then I can't make any."
)
PHOTO_ENLARGED = Text("The photo is rather small, so I enlarged it; a bigger one would look sharper.")
PHOTO_CROPPED = Text("The photo is very long and narrow, so I use its middle.")
PHOTO_FROM_ALBUM = Text("I took the first photo of the album that shows one clear face.")
PHOTO_EARLIER_STAYS = Text("I keep your earlier photo until then.")
VOICE_STAYS = Text("I still have your voice message.")
VOICE_KEPT = Text("Got your voice. Now send a photo of the face that should say it.")
VOICE_CUT = Text("I'll use the first {seconds} of the voice, up to a pause.")
PHOTO_STAYS = Text("Your photo stays.")
VOICE_EARLIER_STAYS = Text("I keep your earlier voice message until then.")
NEW_STARTED = Text("Fresh start. Send a photo of one face, or a voice message; the order doesn't matter.")
CHANGE_WAITS = Text("Send the new photo. I still have your voice message, and make no video with the old photo.")
CHANGE_REPLY = Text("Send the new photo as a reply to this.")
CHANGE_ORDERED = Text(
    "The video with the old photo is ordered already: it still comes, unless you cancel it. "
    "Send the new photo, and I'll make another one from the same voice message, for about {price}."
)
CHANGE_ORDERED_FREE = Text(
    "The video with the old photo is in the works already: it still comes, unless you cancel it. "
    "Send the new photo, and I'll make another one from the same voice message."
)
CHANGE_ORDERED_NEWER = Text(
    "The video with the old photo is ordered already: it still comes, unless you cancel it. "
    "For another one with the new photo, send the voice message once more."
)
CHANGE_TAPPED = Text("Send the new photo.")
CHANGE_ENDED = Text("Send the new photo. I still have your voice message.")
CHANGE_TAKEN = Text("Another voice message of yours waits for its photo. Send that photo first, then tap here again.")
CHANGE_KEPT = Text("Your voice message has another photo by now, or is gone. Nothing was changed.")
CHANGE_DUET = Text("A duet keeps its two faces. Cancel it to begin another one.")
NEW_PHOTO_ASKED = Text("Send the new photo. Your next voice message will use it.")
NOTHING_TO_CANCEL = Text("There's nothing to stop.")
VOICE_DROPPED = Text("All right, I forgot your voice message.")
DUET_DROPPED = Text("All right, I forgot the duet.")
CANCELLING = Text("Stopping it…")
STATUS_IDLE = Text("Nothing is in the works.")
STATUS_PHOTO = Text("I have your photo; a voice message makes it speak.")
STATUS_VOICE = Text("I have your voice message; a photo of a face is missing.")
STATUS_NEITHER = Text("Send a photo and a voice message, in any order.")
STATUS_WORK = Text("In the works:")

SEND_PHOTO_OR_VOICE = Text(
    "I make a photo speak: send me a photo of a face and a voice message, in any order. /help tells more."
)
TEXT_WITH_PHOTO = Text("I can't read text aloud; please say it in a voice message and your photo will speak it.")
TEXT_WITH_VOICE = Text("Now I need a photo of the face that should say your voice message.")
UNKNOWN_COMMAND = Text("I don't know that command. /help lists the ones I know.")
NO_USE = Text("I can't use that. Please send a photo of a face, or a voice message.")
NO_USE_OF = {
    "sticker": Text("I can't use a sticker that moves. Please send a photo of a face, or a voice message."),
    "animation": Text("I can't use a GIF. Please send a photo of a face, or a voice message."),
    "location": Text("I can't use a place. Please send a photo of a face, or a voice message."),
    "contact": Text("I can't use a contact. Please send a photo of a face, or a voice message."),
    "poll": Text("I can't use a poll. Please send a photo of a face, or a voice message."),
    "story": Text("I can't use a story. Please send a photo of a face, or a voice message."),
    "paid_media": Text("I can't use a photo or video that is to be paid for. Please send one that isn't."),
}
"""What is said of things that are neither a picture nor a sound, by their names in Telegram's messages."""

FILE_NAMED = Text("“{name}”: {why}")
FILE_OF_NO_USE = Text(
    "I can't open that file as a picture or a sound. Please send a photo of a face, or a voice message."
)
FILE_TOO_BIG = Text("That file is too big for me: Telegram lets bots take up to 20 MB. Please send a smaller one.")
FILE_UNREACHABLE = Text("Telegram doesn't hand me that file just now. Please send it again in a minute.")
WENT_WRONG = Text("Something went wrong on my side, not on yours. Please send that again in a minute.")
TELEGRAM_TROUBLE = Text("Telegram was in trouble and kept me from answering. Please send that again in a minute.")
RIGHTS_UNKNOWN = Text(
    "Telegram doesn't tell me who runs this chat, so I can't know whether you may do that. "
    "Make me an admin, or try again in a minute."
)
NO_ROOM = Text("I can't keep any more files until the operator makes room. Please try again later.")
FILES_AWAY = Text("I can't reach my files just now. Nothing was lost; please send that again in a few minutes.")

USING_SAME_PHOTO = Text("Using the same photo as before.")
CARD_CHECKING = Text("Checking the photo…")
CARD_ASKING = Text("This video will cost about {price}. Shall I make it? Nothing is paid before you say yes.")
CARD_QUEUED = Text("In the queue: place {place}.")
CARD_NEXT = Text("You're next.")
CARD_SUBMITTING = Text("Handing it over…")
CARD_PENDING = Text("Waiting for the service to begin…")
CARD_RENDERING = Text("Making the video: {elapsed} so far.")
CARD_RENDERING_EXPECTED = Text("Making the video: {elapsed} of about {expected}.")
CARD_RENDERING_LONGER = Text("Making the video: {elapsed} so far, a little longer than usual.")
CARD_PART = Text("This is part {part} of {parts}; you get them as one video.")
CARD_SENDING = Text("Ready! Sending the video…")
CARD_TROUBLE_SERVICE = Text("The service is slow to answer; I keep trying, it just takes longer.")
CARD_TROUBLE_VIDEO = Text("The video is made, but it can't be fetched just now; I keep trying.")
CARD_TROUBLE_TELEGRAM = Text("The video is ready, but Telegram doesn't take it just now; I keep trying.")
CARD_TROUBLE_FILES = Text("I can't reach my files just now. Nothing was lost; I go on by myself as soon as I can.")
CARD_TROUBLE_ACCOUNT = Text(
    "Not now: the service doesn't take work at the moment. Nothing was lost; I go on by myself when it does."
)

CONTACT = Text("Questions: {contact}")

BUTTON_AGREE = Text("Make it for {price}")
BUTTON_MAKE = Text("Make it")
BUTTON_FREE = Text("Send it, free")
BUTTON_CANCEL = Text("Cancel")
BUTTON_CHANGE_PHOTO = Text("Change photo")
BUTTON_KEEP_PHOTO = Text("Keep photo")
BUTTON_AGAIN = Text("Again")
BUTTON_NEW_PHOTO = Text("New photo")
BUTTON_TRY_AGAIN = Text("Try again")
BUTTON_SEND_AGAIN = Text("Send it again")
BUTTON_USE_CUT = Text("Use the first {seconds}")
BUTTON_BACK = Text("Back")

AGAIN_STARTED = Text("Coming up!")
AGAIN_IN_THE_WORKS = Text("I'm already making that one.")
AGAIN_CHOOSE = Text("Choose square or tall, and how lively.")
BUTTON_GONE = Text("That one is gone by now. Just send a photo and a voice message.")
BUTTON_NOT_YOURS = Text("Only the person who asked for it can do that.")
BUTTON_TOO_LATE = Text("It's already finished.")
CUT_GONE = Text("I can't find that voice message any more. Please send it again.")

UNFIT = {
    Reason.IMAGE_TOO_LARGE: FILE_TOO_BIG,
    Reason.NOT_AN_IMAGE: Text("I can't open that file as a picture. Please send a photo (JPEG, PNG, WebP or HEIC)."),
    Reason.IMAGE_DAMAGED: Text("That picture arrived damaged. Please send it once more."),
    Reason.IMAGE_UNSUPPORTED: Text(
        "That is a rare kind of picture, and I can't open it. Please send a screenshot of it instead."
    ),
    Reason.IMAGE_TOO_MANY_PIXELS: Text("That picture has more pixels than I can open. Please send a smaller one."),
    Reason.IMAGE_TOO_SMALL: Text("That picture is only {width} × {height} pixels. Please send a bigger one."),
    Reason.IMAGE_TOO_NARROW: Text("That picture is too long and narrow. Please crop it around the face."),
    Reason.VOICE_EMPTY: Text("That file is empty. Please record it once more."),
    Reason.NOT_A_VOICE: Text("I can't open that file as a sound. Please record a voice message."),
    Reason.VOICE_NO_SOUND: Text("That video has no sound. Please send one with a voice, or a voice message."),
    Reason.VOICE_PROTECTED: Text(
        "That recording is locked by copy protection, so I can't open it. "
        "Please record a voice message, or send a file without protection."
    ),
    Reason.VOICE_DAMAGED: Text("That recording arrived damaged. Please send it once more."),
    Reason.VOICE_TOO_SHORT: Text("That's too short for a video. Please speak for a second or more."),
    Reason.VOICE_SILENT: Text(
        "I hear only silence in that recording. Please record it once more, closer to the microphone."
    ),
    Reason.VOICE_TOO_LONG: Text(
        "That's {full} long, and the service takes less than {limit}. "
        "I can use the first {cut}, up to a pause; or send a shorter one."
    ),
    Reason.NOT_A_VIDEO: PHOTO_REFUSED,
    Reason.VIDEO_TOO_LARGE: FILE_TOO_BIG,
    Reason.TOO_HARD: Text("I couldn't open that file: it is too complex. Please send another one."),
}

CAPTION = Text("Made by AI from a photo and a voice.")


def price(cny: str | None) -> str:
    """An amount of money as `7.50 CNY`."""
    return f"{amount(Decimal(cny or 0))} CNY"


def clock(seconds: float) -> str:
    """A length of time as `0:07` or `1:32`."""
    whole = max(0, round(seconds))
    return f"{whole // 60}:{whole % 60:02d}"

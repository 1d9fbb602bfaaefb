"""How a video ends that does not come, and what the service says of a photo or a voice."""

from bot.dashscope.errors import PersonReason
from handlers.texts.barriers import BARRIERS
from handlers.texts.consent import OPTED_OUT, SAID_NO
from handlers.texts.language import Text
from handlers.texts.restored import RESTORED

ENDED_CANCELLED = Text("Stopped. Send a voice message to start another one; your photo stays.")
ENDED_CANCELLED_RUNNING = Text("Stopped. The service had already begun, so it finishes there, but I won't send it.")
ENDED_CANCELLED_MADE = Text("Stopped. The video was already made, but I won't send it.")
ENDED_GAVE_UP = Text("I tried for a whole day and the service did not take it. Please try again.")
ENDED_TOO_LATE = Text("The service did not finish within a day, so I stopped waiting. Please try again.")
ENDED_FORGOTTEN = Text("The service lost this video on its side. You can try again.")
ENDED_FAILED = Text("The service could not make this video. You can try again, or try another photo.")
ENDED_VIDEO_DEAD = Text("The video was made, but it could not be fetched whole. You can try again.")
ENDED_NOT_TAKEN = Text("The video is ready, but Telegram did not take it for a whole day. I can try once more.")
ENDED_TOO_LARGE = Text(
    "The video is ready, but Telegram does not take one of this size from me, not even a smaller copy. "
    "Please try a shorter voice message."
)
ENDED_FILE_GONE = Text("The photo or voice of this video has been deleted by now. Please send them again.")
ENDED_UNEXPLAINED = Text("Something went wrong on my side, and this video did not come. You can try again.")
ENDED_NOT_UNDERSTOOD = Text(
    "The service answered something that I don't understand; the operator can read it in full. "
    "You can try again, or try another photo or voice message."
)
ENDED_DEARER = Text(
    "Videos have become more expensive while this one waited, so I did not order it. "
    "Try again, and I'll tell you the price first."
)
ENDED_NOT_AGREED = Text(
    "Nobody said yes to the price for a day, so I stopped. Nothing was paid. "
    "Send a voice message to start another one; your photo stays."
)
ENDED_NO_MODEL = Text(
    "The service that makes the videos is gone, and only the operator can fix that. I keep your photo "
    "and voice message: try again when it's fixed."
)
ENDED_OVER_BUDGET = {
    "budget_person_day": Text(
        "There's not enough left of what I may spend for you today. I keep your photo and voice message: "
        "try again tomorrow."
    ),
    "budget_chat_day": Text(
        "There's not enough left of what I may spend in this chat today. I keep your photo and voice message: "
        "try again tomorrow."
    ),
    "budget_day": Text(
        "There's not enough left of what I may spend for everybody today. I keep your photo and voice message: "
        "try again tomorrow."
    ),
    "budget_month": Text(
        "There's not enough left of what I may spend this month. I keep your photo and voice message: "
        "try again on the first of next month."
    ),
}
ENDED_UNSURE = Text(
    "The connection broke at the very moment of ordering, and I can't find out whether the video is "
    "being made. Trying again may mean paying twice, so I ask you first."
)
ENDED_MAYBE_SENT = Text(
    "I sent the video, but Telegram did not say whether it arrived. If you don't see it, I can send it again."
)
ENDED = {
    "running_there": ENDED_CANCELLED_RUNNING,
    "made_there": ENDED_CANCELLED_MADE,
    "gave_up": ENDED_GAVE_UP,
    "no_model": ENDED_NO_MODEL,
    "dearer": ENDED_DEARER,
    "not_agreed": ENDED_NOT_AGREED,
    **ENDED_OVER_BUDGET,
    "too_late": ENDED_TOO_LATE,
    "forgotten": ENDED_FORGOTTEN,
    "cancelled_there": ENDED_FORGOTTEN,
    "task_failed": ENDED_FAILED,
    "not_understood": ENDED_NOT_UNDERSTOOD,
    "video_dead": ENDED_VIDEO_DEAD,
    "not_taken": ENDED_NOT_TAKEN,
    "too_large": ENDED_TOO_LARGE,
    "file_gone": ENDED_FILE_GONE,
    "submit_lost": ENDED_UNSURE,
    "maybe_sent": ENDED_MAYBE_SENT,
    **BARRIERS,
    **RESTORED,
}

PHOTO_REFUSED = Text("I couldn't use that photo. Try another one: one face, looking at the camera, well lit.")
REFUSED: dict[str, Text] = {
    PersonReason.NO_HUMAN: Text("I see no face in that photo. Please send one with a single, clear face."),
    PersonReason.MANY_HUMANS: Text(
        "There is more than one face in that photo. Send one with a single person, or crop it."
    ),
    PersonReason.PROPORTION: Text(
        "The face is too small or too large there. Let it fill about a third of the picture."
    ),
    PersonReason.RESOLUTION: Text("That photo has too few pixels. Please send a bigger one, best as a file."),
    PersonReason.DARK: Text("That photo is too dark. Please send one in better light."),
    PersonReason.TURNED_AWAY: Text("The person is turned away. Please send a photo taken from the front."),
    PersonReason.COVERED: Text("Part of the face is covered or cut off. Please send one where all of it shows."),
    PersonReason.TILTED: Text("The face is turned or tilted. Please send one that looks straight at the camera."),
    PersonReason.NO_BODY: Text("For a tall video the upper body must show. Try a square one, or another photo."),
    PersonReason.CONTENT_REFUSED: Text(
        "The service refuses this photo or voice for what it shows or says. Please try another photo, or other words."
    ),
    PersonReason.AUDIO_TOO_LONG: Text("The service finds the voice too long. Please send a shorter one."),
    PersonReason.AUDIO_TOO_LARGE: Text("The service finds the voice file too big. Please send a shorter one."),
    PersonReason.IMAGE_TOO_LARGE: Text("The service finds the photo too big. Please send a smaller one."),
    PersonReason.IMAGE_RESOLUTION: Text("The service doesn't take a photo of that size. Please send another one."),
    PersonReason.FILE_TYPE: Text("The service can't read that file. Please send another one."),
    PersonReason.PORTRAIT: PHOTO_REFUSED,
    PersonReason.IMAGE_TYPE: Text("The service can't read that photo. Please send another one."),
    PersonReason.IMAGE_CONTENT: Text("The service refuses this photo for what it shows. Please try another one."),
    PersonReason.VOICE: Text("The service can't use that voice message. Please record it once more."),
    PersonReason.AUDIO_TOO_SHORT: Text("The service finds the voice too short. Please speak a little longer."),
    PersonReason.AUDIO_SILENT: Text(
        "The service hears no voice in that recording. Please record it once more, closer to the microphone."
    ),
    PersonReason.AUDIO_TYPE: Text("The service can't read that voice message. Please record it once more."),
    PersonReason.AUDIO_CONTENT: Text(
        "The service refuses this voice message for what it says. Please try other words."
    ),
    PersonReason.RIGHTS: Text(
        "The service takes this photo or voice for somebody else's work, such as a film or a brand, and refuses it. "
        "Please try another one."
    ),
    PersonReason.FILE_TOO_LARGE: Text(
        "The service finds the photo or the voice too big. Please send a smaller photo, or a shorter voice message."
    ),
    "portrait_said_no": SAID_NO["photo"],
    "portrait_opted_out": OPTED_OUT["photo"],
    "voice_said_no": SAID_NO["voice"],
    "voice_opted_out": OPTED_OUT["voice"],
}

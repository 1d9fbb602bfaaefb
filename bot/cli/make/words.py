"""What `emobot make` says at a terminal of a video that was not made, and its exit status."""

from dataclasses import dataclass
from enum import IntEnum

from bot.dashscope.errors import PersonReason
from bot.media.errors import MediaError, Reason
from storage.renders import Stage


class Status(IntEnum):
    """How `make` ends; of several videos, the highest. 2 is wrong usage or settings, 130 an interruption."""

    MADE = 0
    FAILED = 1
    UNFIT = 3
    DEAR = 4
    PAID = 5


STAGES = {
    Stage.QUEUED: "starting",
    Stage.PREPARING: "preparing",
    Stage.CHECKING: "checking the face",
    Stage.SUBMITTING: "handing it over",
    Stage.WAITING: "making the video",
    Stage.FETCHING: "fetching it",
    Stage.DELIVERING: "writing it",
}
TROUBLES = {
    "account": "the service cannot be used now; trying again",
    "service": "the service does not answer well; trying again",
    "video": "the video cannot be fetched now; trying again",
}
"""What the bar says, by the stage of a render and by its trouble."""


@dataclass(frozen=True)
class Unmade:
    """There is no video.

    Args:
        why: a line for a terminal.
        status: how the command ends for it.
    """

    why: str
    status: Status = Status.FAILED


REFUSED: dict[PersonReason, str] = {
    PersonReason.NO_HUMAN: "the photo shows no face: take one with a single, clear face",
    PersonReason.MANY_HUMANS: "the photo shows more than one face: crop it, or take one of a single person",
    PersonReason.PROPORTION: "the face is too small or too large: let it fill about a third of the picture",
    PersonReason.RESOLUTION: "the photo has too few pixels: take a bigger one",
    PersonReason.DARK: "the photo is too dark or not sharp: take a clearer one",
    PersonReason.TURNED_AWAY: "the person in the photo is turned away: take one from the front",
    PersonReason.COVERED: "part of the face is covered or cut off: take a photo where all of it shows",
    PersonReason.TILTED: "the face is turned or tilted: take a photo that looks straight at the camera",
    PersonReason.NO_BODY: "the photo does not show the upper body, which --ratio 3:4 needs: take --ratio 1:1",
    PersonReason.PORTRAIT: "the service does not take the photo: one face, looking at the camera, well lit, is best",
    PersonReason.IMAGE_TOO_LARGE: "the service finds the photo too big: take a smaller one",
    PersonReason.IMAGE_RESOLUTION: "the service takes no photo of that width and height",
    PersonReason.IMAGE_TYPE: "the service cannot read the photo: save it as a JPEG",
    PersonReason.IMAGE_CONTENT: "the service refuses the photo for what it shows",
    PersonReason.VOICE: "the service cannot use the voice: record it anew",
    PersonReason.AUDIO_TOO_LONG: "the service finds the voice too long: take a shorter one",
    PersonReason.AUDIO_TOO_SHORT: "the service finds the voice too short: take a longer one",
    PersonReason.AUDIO_SILENT: "the service hears no voice in the recording: record it closer to the microphone",
    PersonReason.AUDIO_TOO_LARGE: "the service finds the voice's file too big: take a shorter one",
    PersonReason.AUDIO_TYPE: "the service cannot read the voice: save it as WAV",
    PersonReason.AUDIO_CONTENT: "the service refuses the voice for what it says",
    PersonReason.CONTENT_REFUSED: "the service refuses the photo or the voice for what it shows or says",
    PersonReason.RIGHTS: "the service takes the photo or the voice for somebody else's work, such as a film's",
    PersonReason.FILE_TYPE: "the service cannot read the photo or the voice",
    PersonReason.FILE_TOO_LARGE: "the service finds the photo or the voice too big",
}
"""What the service says of a photo or a voice."""

UNFIT: dict[Reason, str] = {
    Reason.IMAGE_TOO_LARGE: "the photo's file is too big",
    Reason.NOT_AN_IMAGE: "the photo is not a picture that can be opened: JPEG, PNG, WebP and HEIC can",
    Reason.IMAGE_DAMAGED: "the photo's file is damaged",
    Reason.IMAGE_UNSUPPORTED: "the photo is a rare kind of picture: save it as a JPEG",
    Reason.IMAGE_TOO_MANY_PIXELS: "the photo has more pixels than can be opened: make it smaller",
    Reason.IMAGE_TOO_SMALL: "the photo is only {width} x {height} pixels: take a bigger one",
    Reason.IMAGE_TOO_NARROW: "the photo is too long and narrow: crop it around the face",
    Reason.VOICE_EMPTY: "the voice's file is empty",
    Reason.NOT_A_VOICE: "the voice is not a sound that can be opened",
    Reason.VOICE_NO_SOUND: "the video has no sound to take a voice from",
    Reason.VOICE_PROTECTED: "the voice is locked by copy protection",
    Reason.VOICE_DAMAGED: "the voice's file is damaged",
    Reason.VOICE_TOO_SHORT: "the voice is too short: a second or more is needed",
    Reason.VOICE_SILENT: "the voice is nothing but silence",
    Reason.VOICE_TOO_LONG: (
        "the voice has {full_seconds:g} s, and less than {limit:g} s are taken; "
        "add --cut to take {cut_seconds:g} s, up to a pause"
    ),
    Reason.NOT_A_VIDEO: "the video is none",
    Reason.VIDEO_TOO_LARGE: "the video is too big",
    Reason.TOO_HARD: "the file takes too long to open, or too much memory",
}
"""What this machine says of them, before anything is sent."""

ENDED = {
    "gave_up": "the service did not take it for a whole day; nothing was paid",
    "no_model": "the service has no such model (any more): see ENGINE and VIDEO_MODEL, and `emobot doctor`",
    "task_failed": "the service could not make this video, and nothing was paid: try again, or another photo",
    "forgotten": "the service has lost this video; try again",
    "cancelled_there": "the video was cancelled at the service; nothing was paid",
    "not_understood": "the service answered what this bot does not understand; its answer stands above",
    "file_gone": "a file is gone from the temporary folder; try again",
    "too_late": "the service did not finish within a day, and may still be paid for it: see your bill there",
    "video_dead": "the video was made and paid, but could not be fetched whole; the log above says from where",
    "submit_lost": (
        "the connection broke at the moment of ordering, and the service does not say whether it makes the video: "
        "see your bill there before you try again"
    ),
}
"""By the reason why a render ended."""

UNEXPLAINED = "an error that nobody foresaw; the log above has it"
MAYBE_PAID = frozenset({"too_late", "video_dead", "submit_lost"})


def unfit(error: MediaError) -> Unmade:
    """Say why a file cannot be used."""
    return Unmade(UNFIT[error.reason].format(**error.facts), Status.UNFIT)


def ending(stage: Stage, reason: str | None) -> Unmade:
    """Say why a render that ended so brought no video."""
    if stage is Stage.REFUSED:
        by_code = {str(code): words for code, words in REFUSED.items()}
        return Unmade(by_code.get(reason or "", REFUSED[PersonReason.PORTRAIT]), Status.UNFIT)
    return Unmade(ENDED.get(reason or "", UNEXPLAINED), Status.PAID if reason in MAYBE_PAID else Status.FAILED)

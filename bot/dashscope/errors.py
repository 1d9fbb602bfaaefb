"""What can go wrong with the service, and whose it is to mend.

DashscopeError
├── PersonError       the person who sent the photo and the voice: `reason` says what is wrong with them
├── AccountError      the operator: `reason` says what, the text what to do; nothing works until then
│   ├── BlockedAddress  a video is at an address that is not asked
│   └── KeyGone         the account's key was taken away
├── UnreachableMedia  the operator: the service cannot fetch our links, see PUBLIC_URL
├── ServiceError      nobody: try again later; `throttled` when we asked too often
├── LostAnswer        nobody knows: a paid call may have been taken, its answer never came; look before calling again
├── UnclearAnswer     a paid call was taken, and its answer does not say what it should
├── ListUnsupported   the service, or the gateway before it, has no list of tasks
├── VideoGone         the video's link is dead
├── VideoTooLarge     the video is larger than we were ready to take
└── UnknownError      an answer that none of the above explains

Which codes and texts mean what: `bot.dashscope.fault_table`. No text here holds a link or a key.
"""

from enum import StrEnum

from bot.dashscope.values import clean


class PersonReason(StrEnum):
    """What is wrong with what the person sent. Faces have the service's own codes."""

    NO_HUMAN = "InvalidFile.NoHuman"
    MANY_HUMANS = "InvalidFile.MultiHuman"
    PROPORTION = "InvalidFile.BodyProportion"
    RESOLUTION = "InvalidFile.Resolution"
    DARK = "InvalidFile.Value"
    TURNED_AWAY = "InvalidFile.FrontBody"
    COVERED = "InvalidFile.FullFace"
    TILTED = "InvalidFile.FacePose"
    NO_BODY = "InvalidFile.FullBody"
    PORTRAIT = "portrait"
    IMAGE_TOO_LARGE = "image_too_large"
    IMAGE_RESOLUTION = "image_resolution"
    IMAGE_TYPE = "image_type"
    IMAGE_CONTENT = "image_content"
    VOICE = "voice"
    AUDIO_TOO_LONG = "audio_too_long"
    AUDIO_TOO_SHORT = "audio_too_short"
    AUDIO_SILENT = "audio_silent"
    AUDIO_TOO_LARGE = "audio_too_large"
    AUDIO_TYPE = "audio_type"
    AUDIO_CONTENT = "audio_content"
    CONTENT_REFUSED = "content_refused"
    RIGHTS = "rights_refused"
    FILE_TYPE = "file_type"
    FILE_TOO_LARGE = "file_too_large"


EITHERS = frozenset(
    {PersonReason.CONTENT_REFUSED, PersonReason.RIGHTS, PersonReason.FILE_TYPE, PersonReason.FILE_TOO_LARGE}
)
"""The service does not say whether photo or voice is meant."""

VOICE_FAULTS = frozenset(reason for reason in PersonReason if reason.startswith(("voice", "audio")))
PHOTO_FAULTS = frozenset(PersonReason) - VOICE_FAULTS - EITHERS

OF_A_PHOTO = {
    PersonReason.CONTENT_REFUSED: PersonReason.IMAGE_CONTENT,
    PersonReason.FILE_TYPE: PersonReason.IMAGE_TYPE,
    PersonReason.FILE_TOO_LARGE: PersonReason.IMAGE_TOO_LARGE,
}
"""What a reason means where the service was shown a photo only."""


class AccountReason(StrEnum):
    """What the operator has to mend."""

    KEY = "key"
    ACCESS = "access"
    UNPURCHASED = "unpurchased"
    ARREARS = "arrears"
    QUOTA = "quota"
    RETIRED = "retired"
    UNKNOWN = "unknown"
    ADDRESS = "address"
    INSIDE = "inside"
    UPLOADS = "uploads"
    GONE = "gone"


MODEL_GONE = frozenset({AccountReason.RETIRED, AccountReason.UNKNOWN})
"""No waiting helps: another model, or another address, must be written into the settings."""

_LIVING = (
    "in .env, write ENGINE=s2v (it lives at the vendor), or DASHSCOPE_BASE_URL=... of a gateway that has the model, "
    "or VIDEO_MODEL=... and DETECT_MODEL=... as they are called there."
)
ADVICE = {
    AccountReason.KEY: "The service refuses the API key: set DASHSCOPE_API_KEY to one of the service's region.",
    AccountReason.ACCESS: "The key may not use the model: allow it for this key and its workspace at the service.",
    AccountReason.UNPURCHASED: "The account has not activated the model: activate it in the service's console.",
    AccountReason.ARREARS: "The account is empty or not in good standing: pay what is due, or top it up.",
    AccountReason.QUOTA: "The account's quota is used up: switch from free to paid use, or raise the quota.",
    AccountReason.RETIRED: f"The service has retired the model: {_LIVING}",
    AccountReason.UNKNOWN: f"The service does not know the model: {_LIVING}",
    AccountReason.UPLOADS: "DASHSCOPE_BASE_URL has no storage for uploads: set PUBLIC_URL, and HOSTING=links.",
    AccountReason.ADDRESS: "Nothing at DASHSCOPE_BASE_URL answers as the service does: check the address.",
    AccountReason.INSIDE: "A video is where only this machine or its network can go, so it is not fetched: "
    "see who answers at DASHSCOPE_BASE_URL.",
    AccountReason.GONE: "The key of this account is not in DASHSCOPE_API_KEY any more, and its tasks wait for it: "
    "add it again, as NAME:KEY.",
}


class DashscopeError(Exception):
    """Anything that goes wrong with the service.

    Args:
        message: one sentence, without links and keys.
        code: the service's code, such as `InvalidApiKey`.
        status: the HTTP status of the answer, or None when there was none.

    `billed` is set on an error whose call costs all the same: a look that was answered with 200.
    """

    billed = False

    def __init__(self, message: str = "", *, code: str | None = None, status: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.status = status

    @property
    def message(self) -> str:
        """The sentence alone."""
        return str(self.args[0]) if self.args else ""

    def __str__(self) -> str:
        facts = [fact for fact in (self.code, f"HTTP {self.status}" if self.status else None) if fact]
        return f"{self.message} ({', '.join(facts)})" if facts else self.message


class PersonError(DashscopeError):
    """The person's to mend; sending the same again is refused again."""

    def __init__(
        self,
        message: str = "",
        *,
        reason: PersonReason = PersonReason.PORTRAIT,
        code: str | None = None,
        status: int | None = None,
    ) -> None:
        super().__init__(message, code=code, status=status)
        self.reason = reason


class AccountError(DashscopeError):
    """The operator's to mend; the same call works afterwards."""

    def __init__(
        self,
        message: str = "",
        *,
        reason: AccountReason = AccountReason.ACCESS,
        code: str | None = None,
        status: int | None = None,
    ) -> None:
        super().__init__(message, code=code, status=status)
        self.reason = reason

    @property
    def model_gone(self) -> bool:
        """Whether the model itself is not there (any more)."""
        return self.reason in MODEL_GONE

    @property
    def mends_polls(self) -> bool:
        """Whether a poll that is answered so will be answered better once it is mended."""
        return self.reason not in (*MODEL_GONE, AccountReason.ADDRESS)

    def __str__(self) -> str:
        return f"{ADVICE[self.reason]} The service says: {super().__str__()}"


class BlockedAddress(AccountError):
    """A video, or where its host sends us, is at an address that is not public; the video may be paid for already.

    Args:
        host: a name or an address.
    """

    def __init__(self, host: str) -> None:
        super().__init__(f"It is at {clean(host)}.", reason=AccountReason.INSIDE)


class KeyGone(AccountError):
    """The account has tasks, but its key was taken away."""

    def __init__(self) -> None:
        super().__init__(reason=AccountReason.GONE)

    def __str__(self) -> str:
        return ADVICE[self.reason]


class ServiceError(DashscopeError):
    """The service's trouble, or the way to it; the same call may work later."""

    def __init__(
        self, message: str = "", *, throttled: bool = False, code: str | None = None, status: int | None = None
    ) -> None:
        super().__init__(message, code=code, status=status)
        self.throttled = throttled


class UnreachableMedia(DashscopeError):
    """The service could not fetch a link of ours."""

    def __str__(self) -> str:
        advice = "The service cannot fetch our links: see that PUBLIC_URL leads to this bot from the internet."
        return f"{advice} The service says: {super().__str__()}"


class LostAnswer(DashscopeError):
    """A paid call whose answer never came: the service may or may not have taken it."""


class UnclearAnswer(DashscopeError):
    """A paid call that was answered as one that went well, but without what it is for; calling again pays again."""


class ListUnsupported(DashscopeError):
    """There is no list of tasks here."""


class VideoGone(DashscopeError):
    """The video's link is dead."""


class VideoTooLarge(DashscopeError):
    """The video has more bytes than allowed."""


class UnknownError(DashscopeError):
    """None of the others; a bug of ours, or news from the service."""

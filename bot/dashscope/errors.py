"""What can go wrong with the service, and whose it is to mend.

DashscopeError
├── PersonError       the person who sent the photo and the voice: `reason` says what is wrong with them
├── AccountError      the operator: `reason` says what, the text what to do; nothing works until then
│   └── BlockedAddress  a video is at an address that is not asked
├── UnreachableMedia  the operator: the service cannot fetch our links, see PUBLIC_URL
├── ServiceError      nobody: try again later; `throttled` when we asked too often
├── LostAnswer        nobody knows: a submit may have been accepted, its answer never came; look before sending again
├── ListUnsupported   the service, or the gateway before it, has no list of tasks
├── VideoGone         the video's link is dead
├── VideoTooLarge     the video is larger than we were ready to take
└── UnknownError      an answer that none of the above explains

Facts about codes and texts: the vendor's table of errors. No text holds a link or a key.
"""

import re
from enum import StrEnum

from bot.dashscope.types import Task


class PersonReason(StrEnum):
    """What is wrong with what the person sent."""

    CONTENT_REFUSED = "content_refused"
    AUDIO_TOO_LONG = "audio_too_long"
    AUDIO_TOO_LARGE = "audio_too_large"
    IMAGE_TOO_LARGE = "image_too_large"
    IMAGE_RESOLUTION = "image_resolution"
    FILE_TYPE = "file_type"
    PORTRAIT = "portrait"


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
}


class DashscopeError(Exception):
    """Anything that goes wrong with the service.

    Args:
        message: one sentence, without links and keys.
        code: the service's code, such as `InvalidApiKey`.
        status: the HTTP status of the answer, or None when there was none.
    """

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

    def __str__(self) -> str:
        return f"{ADVICE[self.reason]} The service says: {super().__str__()}"


class BlockedAddress(AccountError):
    """A video, or where its host sends us, is at an address that is not public; the video may be paid for already.

    Args:
        host: a name or an address.
    """

    def __init__(self, host: str) -> None:
        super().__init__(f"It is at {clean(host)}.", reason=AccountReason.INSIDE)


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
    """A submit whose answer never came: the service may or may not have taken the task."""


class ListUnsupported(DashscopeError):
    """There is no list of tasks here."""


class VideoGone(DashscopeError):
    """The video's link is dead."""


class VideoTooLarge(DashscopeError):
    """The video has more bytes than allowed."""


class UnknownError(DashscopeError):
    """None of the others; a bug of ours, or news from the service."""


_PERSON_TEXTS: tuple[tuple[re.Pattern[str], PersonReason], ...] = (
    (re.compile(r"(audio|duration).*(longer|exceed|more) than|60 ?s\b.*audio", re.I), PersonReason.AUDIO_TOO_LONG),
    (
        re.compile(r"(larger|exceed\w*|greater|more) than (or equal to )?15 ?MB|15 ?MB", re.I),
        PersonReason.AUDIO_TOO_LARGE,
    ),
    (re.compile(r"\b10 ?MB", re.I), PersonReason.IMAGE_TOO_LARGE),
    (re.compile(r"file type is not supported|unsupported (file )?(type|format)", re.I), PersonReason.FILE_TYPE),
    (re.compile(r"image (size|resolution|width|height)", re.I), PersonReason.IMAGE_RESOLUTION),
)
_PERSON_CODES = {
    "DataInspectionFailed": PersonReason.CONTENT_REFUSED,
    "InvalidFile.Duration": PersonReason.AUDIO_TOO_LONG,
    "InvalidFile.Format": PersonReason.FILE_TYPE,
    "InvalidFile.Resolution": PersonReason.IMAGE_RESOLUTION,
    "BadRequest.UnsupportedFileFormat": PersonReason.FILE_TYPE,
}
_ACCOUNT_CODES = {
    "InvalidApiKey": AccountReason.KEY,
    "Arrearage": AccountReason.ARREARS,
    "PrepaidBillOverdue": AccountReason.ARREARS,
    "PostpaidBillOverdue": AccountReason.ARREARS,
    "CommodityNotPurchased": AccountReason.UNPURCHASED,
    "AccessDenied.Unpurchased": AccountReason.UNPURCHASED,
    "access_denied": AccountReason.RETIRED,
    "ModelNotFound": AccountReason.UNKNOWN,
    "model_not_found": AccountReason.UNKNOWN,
    "insufficient_quota": AccountReason.QUOTA,
    "insufficient_user_quota": AccountReason.ARREARS,
}
_ACCOUNT_TEXTS: tuple[tuple[re.Pattern[str], AccountReason], ...] = (
    (
        re.compile(
            r"\bmodel\b.{0,80}?\b(taken off|retired|deprecated|discontinued|no longer (available|supported|served))"
            r"|模型.{0,40}?(下线|下架|停用|停止服务)",
            re.I,
        ),
        AccountReason.RETIRED,
    ),
    (
        re.compile(
            r"\bmodel\b.{0,80}?\b(not exist|not found|not be found)|no (available channel for|such) model\b"
            r"|模型.{0,40}?不存在",
            re.I,
        ),
        AccountReason.UNKNOWN,
    ),
    (re.compile(r"exceeded your current quota", re.I), AccountReason.QUOTA),
    (re.compile(r"insufficient (account )?balance|余额不足|欠费", re.I), AccountReason.ARREARS),
)
"""What gateways say in an HTTP answer, under codes of all sorts."""
_ACCOUNT_STATUSES = {
    401: AccountReason.KEY,
    402: AccountReason.ARREARS,
    403: AccountReason.ACCESS,
    404: AccountReason.ADDRESS,
    405: AccountReason.ADDRESS,
}
_SERVICE_CODES = ("InternalError", "SystemError", "RequestTimeOut", "ServiceUnavailable", "ModelUnavailable")
_UNREACHABLE_CODES = ("InvalidURL", "InvalidParameter.DataInspection")
_LINK = re.compile(r"(?:https?|oss)://\S+", re.I)
_LONGEST_TEXT = 500


def error_of(status: int | None, code: str | None, message: str | None) -> DashscopeError:
    """What the service's words mean.

    Args:
        status: the HTTP status, or None for a task that ended FAILED.
        code: the envelope's or the task's code, if any.
        message: the text beside it, if any.
    """
    code = clean(code or "") or None
    text = clean(message or "") or "The service gave no reason."
    account = _account_reason(status, code, text)
    if account is not None:
        return AccountError(text, reason=account, code=code, status=status)
    if status == 429 or _is(code, "Throttling"):
        return ServiceError(text, throttled=True, code=code, status=status)
    if code in _PERSON_CODES:
        return PersonError(text, reason=_PERSON_CODES[code], code=code, status=status)
    if _is(code, *_SERVICE_CODES) or (status is not None and (status >= 500 or status == 408)):
        return ServiceError(text, code=code, status=status)
    for pattern, reason in _PERSON_TEXTS:
        if pattern.search(text):
            return PersonError(text, reason=reason, code=code, status=status)
    if _is(code, *_UNREACHABLE_CODES):
        return UnreachableMedia(text, code=code, status=status)
    if _is(code, "InvalidFile"):
        return PersonError(text, reason=PersonReason.PORTRAIT, code=code, status=status)
    if status in _ACCOUNT_STATUSES:
        return AccountError(text, reason=_ACCOUNT_STATUSES[status], code=code, status=status)
    return UnknownError(text, code=code, status=status)


def _account_reason(status: int | None, code: str | None, text: str) -> AccountReason | None:
    """What the operator has to mend, by a code or, in an HTTP answer, by its text; None: nothing that these tell."""
    if code in _ACCOUNT_CODES:
        return _ACCOUNT_CODES[code]
    if _is(code, "AllocationQuota"):
        return AccountReason.QUOTA
    if _is(code, "AccessDenied", "Model.AccessDenied", "Workspace.AccessDenied"):
        return AccountReason.ACCESS
    if status is None or code in _PERSON_CODES or _is(code, "InvalidFile", "Throttling"):
        return None
    return next((reason for pattern, reason in _ACCOUNT_TEXTS if pattern.search(text)), None)


def error_of_task(task: Task) -> DashscopeError:
    """What a task that brings no video means."""
    if task.state == "FAILED":
        return error_of(None, task.code, task.message)
    if task.state == "SUCCEEDED":
        return UnknownError("The task succeeded, but the service names no video.", code=task.code)
    if task.forgotten:
        return UnknownError("The service does not know the task: it may be older than 24 h.", code=task.code)
    return UnknownError(f"The task is {task.state}.", code=task.code)


def clean(text: str) -> str:
    """The service's text without links, odd characters and length, so that it can be logged and stored."""
    printable = "".join(letter if letter.isprintable() else " " for letter in _LINK.sub("<link>", text))
    return " ".join(printable.split())[:_LONGEST_TEXT]


def _is(code: str | None, *families: str) -> bool:
    return code is not None and any(code == family or code.startswith(f"{family}.") for family in families)

"""Whose fault it is: one table from the service's codes and messages to who has to mend what.

Facts: the vendor's tables of errors, and what gateways were seen to answer. docs/service.md shows it to operators.
"""

import re
from enum import StrEnum

from bot.dashscope.errors import (
    EITHERS,
    OF_A_PHOTO,
    PHOTO_FAULTS,
    AccountError,
    AccountReason,
    DashscopeError,
    PersonError,
    PersonReason,
    ServiceError,
    UnknownError,
    UnreachableMedia,
)
from bot.dashscope.values import clean


class Other(StrEnum):
    """What neither the person nor the account has to mend."""

    UNREACHABLE = "unreachable"
    TROUBLE = "trouble"
    THROTTLED = "throttled"


Meaning = PersonReason | AccountReason | Other

CODES: dict[str, Meaning] = {
    **{reason.value: reason for reason in PersonReason if reason.startswith("InvalidFile.")},
    "InvalidFile": PersonReason.PORTRAIT,
    "InvalidFile.Format": PersonReason.FILE_TYPE,
    "InvalidFile.Openerror": PersonReason.FILE_TYPE,
    "InvalidFile.Size": PersonReason.FILE_TOO_LARGE,
    "InvalidFile.Duration": PersonReason.AUDIO_TOO_LONG,
    "InvalidFile.AudioLengthError": PersonReason.AUDIO_TOO_LONG,
    "InvalidFile.DownloadFailed": Other.UNREACHABLE,
    "InvalidImage": PersonReason.PORTRAIT,
    "InvalidImage.NoHumanFace": PersonReason.NO_HUMAN,
    "InvalidImage.FullFace": PersonReason.COVERED,
    "InvalidImage.FileFormat": PersonReason.IMAGE_TYPE,
    "InvalidImage.ImageSize": PersonReason.IMAGE_RESOLUTION,
    "InvalidImage.Resolution": PersonReason.IMAGE_RESOLUTION,
    "InvalidImageFormat": PersonReason.IMAGE_TYPE,
    "InvalidImageResolution": PersonReason.IMAGE_RESOLUTION,
    "InvalidPerson": PersonReason.PORTRAIT,
    "Audio": PersonReason.VOICE,
    "Audio.AudioShortError": PersonReason.AUDIO_TOO_SHORT,
    "Audio.AudioSilentError": PersonReason.AUDIO_SILENT,
    "Audio.DurationLimitError": PersonReason.AUDIO_TOO_LONG,
    "Audio.FileSizeExceed": PersonReason.AUDIO_TOO_LARGE,
    "Audio.DecoderError": PersonReason.AUDIO_TYPE,
    "Audio.AudioRateError": PersonReason.AUDIO_TYPE,
    "BadRequest.UnsupportedFileFormat": PersonReason.FILE_TYPE,
    "DataInspectionFailed": PersonReason.CONTENT_REFUSED,
    "data_inspection_failed": PersonReason.CONTENT_REFUSED,
    "CustomRoleBlocked": PersonReason.CONTENT_REFUSED,
    "FaqRuleBlocked": PersonReason.CONTENT_REFUSED,
    "IPInfringementSuspect": PersonReason.RIGHTS,
    "InvalidURL": Other.UNREACHABLE,
    "InvalidParameter.DataInspection": Other.UNREACHABLE,
    "BadRequest.InputDownloadFailed": Other.UNREACHABLE,
    "InvalidApiKey": AccountReason.KEY,
    "invalid_api_key": AccountReason.KEY,
    "AccessDenied": AccountReason.ACCESS,
    "Model.AccessDenied": AccountReason.ACCESS,
    "Workspace.AccessDenied": AccountReason.ACCESS,
    "CommodityNotPurchased": AccountReason.UNPURCHASED,
    "AccessDenied.Unpurchased": AccountReason.UNPURCHASED,
    "Arrearage": AccountReason.ARREARS,
    "PrepaidBillOverdue": AccountReason.ARREARS,
    "PostpaidBillOverdue": AccountReason.ARREARS,
    "insufficient_user_quota": AccountReason.ARREARS,
    "AllocationQuota": AccountReason.QUOTA,
    "insufficient_quota": AccountReason.QUOTA,
    "access_denied": AccountReason.RETIRED,
    "ModelNotFound": AccountReason.UNKNOWN,
    "model_not_found": AccountReason.UNKNOWN,
    "Throttling": Other.THROTTLED,
    "rate_limit_exceeded": Other.THROTTLED,
    "InternalError": Other.TROUBLE,
    "SystemError": Other.TROUBLE,
    "RequestTimeOut": Other.TROUBLE,
    "ServiceUnavailable": Other.TROUBLE,
    "ModelUnavailable": Other.TROUBLE,
    "ModelServingError": Other.TROUBLE,
}
"""By codes; one with a dot belongs to the family before it, unless it has a line of its own. Case does not count."""

VAGUE = frozenset(
    {"invalidfile", "invalidfile.audiolengtherror", "invalidimage", "invalidperson", "audio", "invalidurl"}
)
"""Codes that say less than the message beside them, where that says something."""

ACCOUNT_TEXTS: tuple[tuple[str, AccountReason], ...] = (
    (
        r"\bmodel\b.{0,80}?\b(taken off|retired|deprecated|discontinued|no longer (available|supported|served))"
        r"|模型.{0,40}?(下线|下架|停用|停止服务)",
        AccountReason.RETIRED,
    ),
    (
        r"\bmodel\b.{0,80}?\b(not exist|not found|not be found)|no (available channel for|such) model\b"
        r"|模型.{0,40}?不存在",
        AccountReason.UNKNOWN,
    ),
    (r"exceeded your current quota", AccountReason.QUOTA),
    (r"insufficient (account )?balance|余额不足|欠费", AccountReason.ARREARS),
)
"""By what gateways say under codes of all sorts in an HTTP answer; of a task they mean nothing."""

TEXTS: tuple[tuple[str, Meaning], ...] = (
    (r"15 ?MB", PersonReason.AUDIO_TOO_LARGE),
    (r"\b10 ?MB", PersonReason.IMAGE_TOO_LARGE),
    (r"\baudio\b.*(too short|at least|(longer|more) than or equal)", PersonReason.AUDIO_TOO_SHORT),
    (r"(audio|duration).*((longer|exceed\w*|more) than|(less|shorter) than|too long)", PersonReason.AUDIO_TOO_LONG),
    (r"60 ?s\b.*audio", PersonReason.AUDIO_TOO_LONG),
    (r"\b(audio|voice|speech)\b.*\bsilen(t|ce)\b|\bno (speech|voice)\b", PersonReason.AUDIO_SILENT),
    (r"(file )?(type|format) is not supported.*\.(wav|mp3)", PersonReason.AUDIO_TYPE),
    (r"(file )?(type|format) is not supported.*\.(jpe?g|png)", PersonReason.IMAGE_TYPE),
    (r"file type is not supported|unsupported (file )?(type|format)", PersonReason.FILE_TYPE),
    (r"image (size|resolution|width|height)|resolution of the (image|picture)", PersonReason.IMAGE_RESOLUTION),
    (r"\bno (clear )?(human|face|person|people)\b|\b(face|human|person) (is |was )?not (found|detected)"
     r"|未(检测|识别)到人|没有人", PersonReason.NO_HUMAN),
    (r"\b(multiple|several|too many|more than one|multi) ?(human |person )?(faces?|humans?|persons?|people)\b"
     r"|多个?人", PersonReason.MANY_HUMANS),
    (r"\bface\b.*\b(covered|occlu\w+|blocked|incomplete|cut off)", PersonReason.COVERED),
    (r"\b(face|head)\b.*\b(tilt\w*|pose|angle|turned)", PersonReason.TILTED),
    (r"\b(image|photo|picture)\b.*\btoo dark|\btoo dark\b", PersonReason.DARK),
    (r"\b(face|body|person)\b.*\b(proportion|too (small|large))", PersonReason.PROPORTION),
    (r"\bupper body\b", PersonReason.NO_BODY),
    (r"\binfring\w*|\bcopyright\w*|侵权", PersonReason.RIGHTS),
    (r"\b(inappropriate|sensitive)\b.*\b(content|data|words?|text)|\bcontent polic|违规|敏感|不适当",
     PersonReason.CONTENT_REFUSED),
    (r"\b(fail\w*|unable|cannot|can not|could not)\b.{0,30}\bdownload", Other.UNREACHABLE),
)  # fmt: skip
"""By what a message says where the code says nothing, or little. The first that fits counts."""

STATUSES: dict[int, Meaning] = {
    401: AccountReason.KEY,
    402: AccountReason.ARREARS,
    403: AccountReason.ACCESS,
    404: AccountReason.ADDRESS,
    405: AccountReason.ADDRESS,
    408: Other.TROUBLE,
    413: PersonReason.FILE_TOO_LARGE,
}
"""By HTTP statuses, where neither code nor message says anything; 5xx are trouble, 429 is throttling."""

PARTS_OF_CONTENT: tuple[tuple[str, PersonReason], ...] = (
    (r"\b(audio|voice|speech)\b|音频|语音", PersonReason.AUDIO_CONTENT),
    (r"\b(image|photo|picture)\b|图", PersonReason.IMAGE_CONTENT),
)
"""Which part is meant by a message about refused content."""

_CODES = {code.lower(): meaning for code, meaning in CODES.items()}
_ACCOUNT_TEXTS, _TEXTS, _PARTS = (
    tuple((re.compile(pattern, re.I), meaning) for pattern, meaning in rows)
    for rows in (ACCOUNT_TEXTS, TEXTS, PARTS_OF_CONTENT)
)


def error_of(status: int | None, code: str | None, message: str | None) -> DashscopeError:
    """Return what the service's words mean.

    Args:
        status: the HTTP status, or None for what a look or a task says.
        code: beside it, if any.
        message: the text beside it, if any.
    """
    code = clean(code or "") or None
    text = clean(message or "") or "The service gave no reason."
    meaning = meaning_of(status, code, text)
    match meaning:
        case PersonReason():
            return PersonError(text, reason=meaning, code=code, status=status)
        case AccountReason():
            return AccountError(text, reason=meaning, code=code, status=status)
        case Other.UNREACHABLE:
            return UnreachableMedia(text, code=code, status=status)
        case Other():
            return ServiceError(text, throttled=meaning is Other.THROTTLED, code=code, status=status)
    return UnknownError(text, code=code, status=status)


def meaning_of(status: int | None, code: str | None, text: str) -> Meaning | None:
    """Look words up in the table; None: they are in none of its lines."""
    family, meaning = _of_code(code)
    if meaning is PersonReason.CONTENT_REFUSED:
        return _first(_PARTS, text) or meaning
    if meaning is not None and family not in VAGUE and meaning not in EITHERS:
        return meaning
    if status is not None and meaning is None and (account := _first(_ACCOUNT_TEXTS, text)) is not None:
        return account
    if status == 429:
        return Other.THROTTLED
    if status is not None and status >= 500:
        return Other.TROUBLE
    said = _first(_TEXTS, text)
    if said is PersonReason.CONTENT_REFUSED:
        said = _first(_PARTS, text) or said
    return said or meaning or STATUSES.get(status or 0)


def reason_of_look(code: str | None, message: str | None) -> PersonReason:
    """Return why a portrait was refused; it is the photo's fault, whatever else the words mean."""
    meaning = meaning_of(None, code, message or "")
    reason = OF_A_PHOTO.get(meaning, meaning) if isinstance(meaning, PersonReason) else None
    return reason if reason in PHOTO_FAULTS else PersonReason.PORTRAIT


def is_of_a_face(code: str | None) -> bool:
    """Tell whether a code refuses a portrait."""
    family, meaning = _of_code(code)
    return family.startswith(("invalidfile", "invalidimage", "invalidperson")) and isinstance(meaning, PersonReason)


def _of_code(code: str | None) -> tuple[str, Meaning | None]:
    """Return the line of a code, or of the longest family that has one."""
    family = (code or "").lower()
    while family and family not in _CODES:
        family = family.rpartition(".")[0]
    return family, _CODES.get(family)


def _first(rows: tuple[tuple[re.Pattern[str], Meaning], ...], text: str) -> Meaning | None:
    return next((meaning for pattern, meaning in rows if pattern.search(text)), None)

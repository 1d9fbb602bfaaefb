"""What an answer means that does not bring what was asked for."""

from bot.dashscope.answers import Answer
from bot.dashscope.errors import (
    AccountError,
    AccountReason,
    DashscopeError,
    ServiceError,
    UnknownError,
    error_of,
)

NOT_TAKEN = ("ServiceUnavailable", "ModelUnavailable")
"""Codes by which the service says that it has certainly not taken a task."""


def error_of_answer(answer: Answer, secret: str) -> DashscopeError:
    """The error of an answer; the secret is in none."""
    hidden = secret or "\0"
    code, message = ((text or "").replace(hidden, "<key>") for text in (answer.code, answer.message))
    if answer.status in (200, 201, 202) and not code:
        if answer.fields is None:
            return ServiceError("The service's answer cannot be read.", status=answer.status)
        return UnknownError("The service's answer lacks what was asked for.", status=answer.status)
    if 300 <= answer.status < 400:
        return AccountError("It sends us elsewhere.", reason=AccountReason.ADDRESS, status=answer.status)
    return error_of(answer.status, code, message)


def maybe_taken(answer: Answer, error: DashscopeError) -> bool:
    """Whether a submit that was answered so may have been taken all the same."""
    if isinstance(error, AccountError):
        return False
    if answer.status >= 500 or answer.status == 408:
        return not (answer.code in NOT_TAKEN or (isinstance(error, ServiceError) and error.throttled))
    return answer.status in (200, 201, 202) and not answer.code

"""What an answer, or a task that has ended, means where it does not bring what was asked for."""

from bot.dashscope.answers import Answer
from bot.dashscope.errors import (
    AccountError,
    AccountReason,
    DashscopeError,
    PersonError,
    ServiceError,
    UnknownError,
    UnreachableMedia,
)
from bot.dashscope.fault_table import error_of
from bot.dashscope.types import Task, Verdict

NOT_TAKEN = ("ServiceUnavailable", "ModelUnavailable")
"""Codes by which the service says that it has certainly not taken a task."""


def error_of_answer(answer: Answer, secret: str) -> DashscopeError:
    """Return the error of an answer; the secret is in none."""
    hidden = secret or "\0"
    code, message = ((text or "").replace(hidden, "<key>") for text in (answer.code, answer.message))
    if answer.fields is None and answer.is_200:
        return ServiceError("The service's answer cannot be read.", status=answer.status)
    if answer.status < 300 and not code and not message:
        return UnknownError("The service's answer lacks what was asked for.", status=answer.status)
    if 300 <= answer.status < 400:
        return AccountError("It sends us elsewhere.", reason=AccountReason.ADDRESS, status=answer.status)
    return error_of(answer.status, code, message)


def maybe_taken(answer: Answer, error: DashscopeError) -> bool:
    """Tell whether a submit that was answered so may have been taken: unless the answer is surely an error."""
    if isinstance(error, AccountError | PersonError | UnreachableMedia) or answer.code in NOT_TAKEN:
        return False
    if isinstance(error, ServiceError) and error.throttled:
        return False
    return answer.status < 400 or answer.status >= 500 or answer.status == 408


def refusal_of_look(verdict: Verdict) -> DashscopeError:
    """Return what a look means that did not pass; one without a known reason is still the photo's."""
    error = error_of(None, verdict.code, verdict.message)
    if isinstance(error, UnknownError):
        error = PersonError(error.message, code=error.code)
    error.billed = verdict.billed
    return error


def error_of_task(task: Task) -> DashscopeError:
    """Return what a task means that brings no video."""
    if task.state == "FAILED":
        return error_of(None, task.code, task.message)
    if task.forgotten:
        return UnknownError("The service does not know the task: it may be older than 24 h.", code=task.code)
    return UnknownError(f"The task is {task.state}.", code=task.code)

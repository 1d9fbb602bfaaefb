"""What the answer to each call comes to: a value, or an error of the tree in `bot.dashscope.errors`."""

from bot.dashscope.answers import Answer
from bot.dashscope.errors import (
    OF_A_PHOTO,
    AccountError,
    AccountReason,
    DashscopeError,
    ListUnsupported,
    LostAnswer,
    PersonError,
    ServiceError,
    UnclearAnswer,
    UnknownError,
)
from bot.dashscope.readers import LONGEST_ID, read_list, read_task, read_task_id, read_verdict
from bot.dashscope.refusals import error_of_answer, maybe_taken, refusal_of_look
from bot.dashscope.types import ListedTask, Task, Verdict

ALIVE = (200, 400, 422)  # by these a model says that a field of a look is missing
NOT_HERE = (404, 405, 501)  # by these a gateway says that it does not know a call

Page = tuple[list[ListedTask], int]
"""The tasks of one page, and how many pages there are."""


def verdict_in(answer: Answer, secret: str, *, boxes: bool) -> Verdict:
    """Return what a look saw.

    Raises:
        LostAnswer: the service may have looked, and be paid for it.
        UnclearAnswer: it has looked, and does not say what it saw.
        DashscopeError: something stands in the way that is not the face; `billed` where the look costs all the same.
    """
    verdict = read_verdict(answer, boxes=boxes)
    if verdict is not None and verdict.passed and answer.is_200:
        return verdict
    if verdict is not None and not verdict.passed:
        refusal = refusal_of_look(verdict)
        if isinstance(refusal, PersonError):
            return verdict
        if answer.is_200:
            raise refusal
    error = error_of_answer(answer, secret)
    if answer.fields is None:
        raise LostAnswer(error.message, status=answer.status)
    went_well = answer.is_200 and answer.status < 400
    if went_well and isinstance(error, UnknownError):
        error = UnclearAnswer(error.message, code=error.code, status=answer.status)
    if isinstance(error, PersonError):
        error.reason = OF_A_PHOTO.get(error.reason, error.reason)
    error.billed = went_well
    raise error


def check_alive(answer: Answer, secret: str) -> None:
    """See that the answer to a look without a portrait is that of a living model.

    Raises:
        AccountError: it is not there, or not for this account.
        ServiceError: the service does not say.
    """
    error = error_of_answer(answer, secret)
    if isinstance(error, AccountError | ServiceError):
        raise error
    if answer.status not in ALIVE or answer.fields is None:
        raise ServiceError("The service's answer cannot be read.", code=answer.code, status=answer.status)


def task_id_in(answer: Answer, secret: str) -> str:
    """Return the id of the task that a submit made.

    Raises:
        LostAnswer: the task may have been taken.
        UnclearAnswer: it was taken, and nobody can ask after it.
        ServiceError: it was not taken; safe to send again.
        DashscopeError: it was refused.
    """
    task_id = read_task_id(answer)
    if answer.is_200 and task_id and len(task_id) > LONGEST_ID:
        what = f"The task was taken, but its id has {len(task_id)} characters, and {LONGEST_ID} can be kept."
        raise UnclearAnswer(what, status=answer.status)
    if answer.is_200 and task_id:
        return task_id
    error = error_of_answer(answer, secret)
    if maybe_taken(answer, error):
        raise LostAnswer(error.message, code=answer.code, status=answer.status)
    raise error


def task_in(task_id: str, answer: Answer, secret: str) -> Task:
    """Return how a task is doing. What cannot be read, or says no, tells nothing of it.

    Raises:
        ServiceError: the service does not say now.
        AccountError: the operator must mend something before it does.
    """
    task = read_task(task_id, answer) if answer.is_200 else None
    if task is not None:
        return task
    error = error_of_answer(answer, secret)
    to_mend = isinstance(error, AccountError) and (error.mends_polls or 300 <= answer.status < 400)
    if to_mend or isinstance(error, ServiceError):
        raise error
    advice = " Where the gateway tells of tasks elsewhere, set TASKS_PATH." if answer.status in NOT_HERE else ""
    what = f"The service does not tell of the task now: {error.message}{advice}"
    raise ServiceError(what, code=answer.code, status=answer.status)


def is_cancelled(answer: Answer, secret: str) -> bool:
    """Tell whether a task was taken back; False: it is not pending any more, or cannot be taken back here.

    Raises:
        ServiceError: the service does not say now.
    """
    if answer.is_200 and answer.status < 400 and answer.code is None and answer.fields is not None:
        return True
    error = error_of_answer(answer, secret)
    if isinstance(error, ServiceError):
        raise error
    return False


def page_in(answer: Answer, secret: str) -> Page:
    """Return one page of the list of tasks.

    Raises:
        ListUnsupported: there is no list here, or none for this key.
        AccountError: the key is refused.
        ServiceError: the service does not say now.
    """
    page = read_list(answer) if answer.is_200 else None
    if page is not None:
        return page
    error = error_of_answer(answer, secret)
    refused = isinstance(error, AccountError) and error.reason is AccountReason.KEY
    if refused or isinstance(error, ServiceError):
        raise error
    raise ListUnsupported("There is no list of tasks here.", code=answer.code, status=answer.status)


def grant_in(answer: Answer, secret: str) -> dict[str, object]:
    """Return what the service grants to whoever wants to upload.

    Raises:
        AccountError: there is no such storage here, or something is to be mended.
        DashscopeError: it grants nothing now.
    """
    granted = (answer.fields or {}).get("data")
    if answer.is_200 and isinstance(granted, dict):
        inner = granted.get("data")
        return inner if isinstance(inner, dict) else granted
    error: DashscopeError = error_of_answer(answer, secret)
    gone = isinstance(error, AccountError) and error.model_gone
    if answer.status in NOT_HERE and not gone:
        raise AccountError("There is none.", reason=AccountReason.UPLOADS, status=answer.status)
    raise error

"""Holds what is read out of a spoilt answer against what is promised."""

from random import Random

from bot.dashscope.answers import read_answer
from bot.dashscope.errors import AccountError, DashscopeError, LostAnswer, ServiceError, UnclearAnswer
from bot.dashscope.outcomes import page_in, task_id_in, task_in, verdict_in
from bot.dashscope.types import BAD_ENDS, Task, Verdict
from tests.answers.mutate import mutate
from tests.answers.recorded import RECORDED, Recorded

SECRET = "sk-very-secret"


def outcome_of(recorded: Recorded, status: int, body: bytes) -> object:
    """What a call comes to that is answered so: a value, or an error of the tree, which it does not raise."""
    answer = read_answer(status, body)
    try:
        match recorded.call:
            case "detect":
                return verdict_in(answer, SECRET, boxes=True)
            case "submit":
                return task_id_in(answer, SECRET)
            case "poll":
                return task_in("a8532587", answer, SECRET)
            case "list":
                return page_in(answer, SECRET)
    except DashscopeError as error:
        return error


def broken_by(recorded: Recorded, status: int, body: bytes) -> str | None:
    """What promise is broken by what is read out of an answer; None: none."""
    outcome = outcome_of(recorded, status, body)
    said = f"{outcome!r} {outcome!s}"
    said.encode()
    if SECRET in said:
        return "the key is told"
    if isinstance(outcome, DashscopeError) and "Signature" in str(outcome):
        return "a link is told"
    if recorded.call == "poll" and not isinstance(outcome, Task | ServiceError | AccountError):
        return f"a poll came to {outcome!r}"
    if recorded.call == "poll" and isinstance(outcome, Task) and outcome.state in BAD_ENDS:
        return f"a task was ended: {outcome!r}"
    if recorded.call == "submit" and recorded.well and status in (200, 201, 202):
        return (
            None
            if isinstance(outcome, str | LostAnswer | UnclearAnswer)
            else f"a task that was taken came to {outcome!r}"
        )
    if recorded.call == "detect" and isinstance(outcome, Verdict) and outcome.billed is not (status in (200, 201, 202)):
        return f"a look is billed wrongly: {outcome!r}"
    return None


def check(seed: int, number: int) -> str | None:
    """Spoil an answer by chance and read it; returns what was broken, with the answer."""
    random = Random(f"{seed}:{number}")
    recorded = random.choice(RECORDED)
    status, body = mutate(random, recorded.status, recorded.fields)
    try:
        broken = broken_by(recorded, status, body)
    except Exception as error:
        broken = f"{type(error).__name__}: {error}"
    return f"{recorded.call} {status} {body!r}: {broken}" if broken else None

"""What became of a submit whose answer was lost, by what can be seen afterwards."""

import pytest

from bot.emo.types import ListedTask
from bot.lost_task import Evidence, Finding, judge

STATES = ("PENDING", "RUNNING", "FAILED", "SUCCEEDED")
PENDING, RUNNING, FAILED, DONE = (ListedTask(state[0], state) for state in STATES)


@pytest.mark.parametrize(
    ("story", "evidence", "verdict"),
    [
        ("one strange task, and our link was fetched", Evidence(9, True, (RUNNING,)), "R"),
        ("ours ran beside one that failed", Evidence(9, True, (RUNNING, FAILED)), "R"),
        ("it was taken and failed, which costs nothing", Evidence(9, True, (FAILED,)), Finding.NOT_ACCEPTED),
        ("it failed before it could fetch", Evidence(9, False, (FAILED,)), Finding.NOT_ACCEPTED),
        ("nothing at the service", Evidence(9, False, ()), Finding.NOT_ACCEPTED),
        ("nothing there, but the list may lag", Evidence(1, False, ()), Finding.NOT_YET),
        ("a strange task waits: it may fetch our link yet", Evidence(900, False, (PENDING,)), Finding.NOT_YET),
        ("a strange task runs: it may be fetching just now", Evidence(900, False, (RUNNING,)), Finding.NOT_YET),
        ("a strange task succeeded without our link: another's", Evidence(9, False, (DONE,)), Finding.NOT_ACCEPTED),
        ("two strange tasks: which one is ours?", Evidence(9, True, (PENDING, RUNNING)), Finding.UNKNOWABLE),
        ("our link was fetched, but no task is listed", Evidence(9, True, ()), Finding.UNKNOWABLE),
        ("no list here, our link was fetched", Evidence(9, True, None), Finding.UNKNOWABLE),
        ("no list here, not fetched so far", Evidence(9, False, None), Finding.NOT_YET),
        ("no list here, never fetched", Evidence(90, False, None), Finding.UNKNOWABLE),
    ],
)
def test_the_evidence_decides(story: str, evidence: Evidence, verdict: str | Finding) -> None:
    assert judge(evidence) == verdict, story

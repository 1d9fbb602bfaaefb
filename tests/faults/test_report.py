"""What a run is held against: a look that is on the ledger and not on the bill must have been cut on its way."""

from tests.faults.proxy import Exchange, Mishap, Outcome
from tests.faults.report import looks_not_made


def visit(key: str, outcome: Outcome, mishap: Mishap | None = None) -> Exchange:
    """The service comes for a photo."""
    return Exchange("links", "media", f"GET /media/{key}.jpg?expires=1 HTTP/1.1", 1, b"", mishap, outcome)


def test_a_look_whose_photo_came_was_made_however_often_it_was_cut_before() -> None:
    visits = [visit("key", "answer lost", Mishap("cut inside")), visit("key", "answered"), visit("other", "not made")]
    assert looks_not_made(["key"], visits) == ([], [])


def test_a_look_whose_photo_was_cut_on_its_way_is_told_from_one_that_nobody_came_for() -> None:
    visits = [visit("cut", "answer lost", Mishap("cut inside")), visit("died", "not made"), visit("longer", "answered")]
    assert looks_not_made(["cut", "died", "long"], visits) == (["cut", "died"], ["long"])

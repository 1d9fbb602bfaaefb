"""What a run is held against: a face check that is on the ledger and not on the bill must have been cut on its way."""

from tests.faults.proxy import Exchange, Mishap, Outcome
from tests.faults.report import checks_not_made


def visit(key: str, outcome: Outcome, mishap: Mishap | None = None) -> Exchange:
    """The service comes for a photo."""
    return Exchange("links", "media", f"GET /media/{key}.jpg?expires=1 HTTP/1.1", 1, b"", mishap, outcome)


def check(key: str, outcome: Outcome) -> Exchange:
    """The bot asks the service to look."""
    body = f'{{"input": {{"image_url": "https://bot.example/media/{key}.jpg?expires=1"}}}}'.encode()
    return Exchange("emo", "detect", "POST /face-detect HTTP/1.1", 1, body, None, outcome)


def test_a_check_whose_photo_came_was_made_however_often_it_was_cut_before() -> None:
    visits = [visit("key", "answer lost", Mishap("cut inside")), visit("key", "answered"), visit("other", "not made")]
    assert checks_not_made(["key"], [*visits, check("key", "answered")]) == ([], [])


def test_a_check_that_was_cut_on_its_way_with_its_answer_is_told_from_one_that_nobody_came_for() -> None:
    visits = [visit("cut", "answer lost", Mishap("cut inside")), visit("died", "not made"), visit("longer", "answered")]
    checks = [check("cut", "answer lost"), check("died", "not made"), check("long", "answer lost")]
    assert checks_not_made(["cut", "died", "long"], [*visits, *checks]) == (["cut", "died"], ["long"])


def test_a_check_that_was_cut_but_answered_is_not_excused() -> None:
    visits = [visit("key", "answer lost", Mishap("cut inside"))]
    assert checks_not_made(["key"], [*visits, check("key", "answered")]) == ([], ["key"])

from itertools import islice, pairwise

from bot.backoff import growing_pauses


def test_pauses_grow_from_the_first_to_the_longest_and_stay_there() -> None:
    pauses = list(islice(growing_pauses(1.0, 30.0), 12))
    assert pauses[0] == 1.0
    assert pauses == sorted(pauses)
    assert pauses[-3:] == [30.0, 30.0, 30.0]
    assert all(after <= 2 * before for before, after in pairwise(pauses))

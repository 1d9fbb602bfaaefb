"""A port that a test was given is nobody else's, although nothing listens there yet."""

import random

import pytest

from tests import ports


def test_a_port_that_nobody_listens_at_yet_is_not_given_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    first = ports.port_of_its_own()
    drawn = iter([first, *range(20_000, 20_100)])
    monkeypatch.setattr(random, "randrange", lambda *_: next(drawn))
    assert ports.port_of_its_own() != first


def test_ports_of_tests_that_are_over_are_let_go() -> None:
    for _ in range(2 * ports.HELD):
        ports.port_of_its_own()
    assert len(ports._held) == ports.HELD

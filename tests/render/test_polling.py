"""When the service is asked about a task: few times, and never far from the end."""

import random

from bot.render.polling import learned_pace, pause_while_pending, pause_while_running


def polls_and_delay(takes: float, expected: float | None) -> tuple[int, float]:
    """Walk through one running task; returns how often it was asked about and how late the end was seen."""
    now, polls = 0.0, 0
    while True:
        now += pause_while_running(now, expected)
        polls += 1
        if now >= takes:
            return polls, now - takes


def test_a_learned_pace_asks_less_and_sees_the_end_sooner_than_every_five_seconds() -> None:
    draw = random.Random(7)
    ours, plain = [], []
    for _ in range(500):
        expected = 8.5 * draw.uniform(3, 59)
        takes = expected * draw.uniform(0.8, 1.2)
        ours.append(polls_and_delay(takes, expected))
        every_five = int(takes // 5) + 1
        plain.append((every_five, every_five * 5 - takes))
    assert sum(polls for polls, _ in ours) < 0.4 * sum(polls for polls, _ in plain)
    assert sum(late for _, late in ours) < 0.6 * sum(late for _, late in plain)
    assert max(polls for polls, _ in ours) < 45


def test_a_task_that_takes_much_longer_than_learned_is_asked_about_less_and_less() -> None:
    pauses = [pause_while_running(worked, expected=20) for worked in (25, 60, 200, 2_000)]
    assert pauses == sorted(pauses)
    assert pauses[-1] == 30


def test_without_a_learned_pace_a_short_task_is_seen_soon() -> None:
    polls, delay = polls_and_delay(takes=4.0, expected=None)
    assert delay < 1
    assert polls < 12


def test_the_pace_is_the_usual_one_not_the_mean_of_a_hiccup() -> None:
    assert learned_pace([8.0, 9.0, 8.5, 400.0, 8.2]) == 8.5
    assert learned_pace([]) is None


def test_a_queue_is_asked_about_ever_more_rarely() -> None:
    assert pause_while_pending(0) < pause_while_pending(30) < pause_while_pending(60)
    assert pause_while_pending(10_000) == 15


def test_a_clock_that_was_set_back_does_not_make_the_bot_sleep_for_hours() -> None:
    assert pause_while_running(-3600, expected=20) <= 20
    assert pause_while_running(-3600, expected=None) <= 20
    assert pause_while_pending(-3600) <= 20


def test_a_clock_that_was_set_back_makes_nobody_ask_all_the_time() -> None:
    assert pause_while_pending(-3600.0) == 15.0

"""What a recording makes a mouth and a head do."""

import numpy as np
import pytest

from bot.sandbox.puppet.models import Floats
from bot.sandbox.puppet.motion import move
from bot.sandbox.puppet.speech import RATE, Speech, listen, read_sound
from tests.puppet.conftest import VOICE


def vowel(seconds: float, first: float, second: float, pitch: float = 120.0) -> Floats:
    """Harmonics of a voice, shaped by two formants."""
    time = np.arange(int(seconds * RATE)) / RATE
    sound = np.zeros_like(time)
    for number in range(1, 30):
        frequency = number * pitch
        strength = sum(gain / (1 + ((frequency - at) / 90) ** 2) for at, gain in ((first, 1.0), (second, 0.5)))
        sound += (strength + 0.005) * np.sin(2 * np.pi * frequency * time)
    return np.asarray(0.25 * sound / np.abs(sound).max(), np.float32)


def silence(seconds: float) -> Floats:
    return np.zeros(int(seconds * RATE), np.float32)


def hiss(seconds: float) -> Floats:
    noise = np.random.default_rng(1).standard_normal(int(seconds * RATE)).astype(np.float32)
    return 0.15 * np.diff(noise, prepend=0.0).astype(np.float32)


AH, EE = vowel(0.5, 750, 1250), vowel(0.5, 300, 2300)
OO, OH = vowel(0.5, 320, 800), vowel(0.5, 480, 850)


def frames(speech: Speech, start: float, end: float) -> slice:
    return slice(round(start * 25) + 2, round(end * 25) - 2)


def test_the_mouth_is_shut_in_silence_and_open_in_a_vowel() -> None:
    speech = listen(np.concatenate([silence(0.5), AH, silence(0.5)]))
    assert speech.opening[frames(speech, 0, 0.5)].max() == 0
    assert speech.opening[frames(speech, 0.5, 1.0)].min() > 0.7
    assert speech.opening[frames(speech, 1.0, 1.5)].max() == 0


def test_a_recording_of_nothing_keeps_the_mouth_shut() -> None:
    noise = np.random.default_rng(2).standard_normal(RATE * 2).astype(np.float32) * 1e-4
    assert listen(noise).opening.max() == 0
    assert listen(np.zeros(5, np.float32)).opening.tolist() == [0.0]


def test_ah_opens_wider_than_ee_and_a_hiss_hardly() -> None:
    speech = listen(np.concatenate([AH, silence(0.2), EE, silence(0.2), hiss(0.5)]))
    ah, ee = speech.opening[frames(speech, 0, 0.5)], speech.opening[frames(speech, 0.7, 1.2)]
    assert ah.mean() > 1.15 * ee.mean()
    assert speech.opening[frames(speech, 1.4, 1.9)].mean() < 0.6 * ah.mean()


def test_ee_draws_the_lips_wide_and_oo_and_oh_round_them_as_much_but_ah_does_neither() -> None:
    speech = listen(np.concatenate([AH, silence(0.1), EE, silence(0.1), OO, silence(0.1), OH]))
    ah, ee, oo, oh = (float(speech.spread[frames(speech, at, at + 0.5)].mean()) for at in (0, 0.6, 1.2, 1.8))
    assert ee > 0.6
    assert oo < -0.6
    assert oh < -0.6
    assert abs(ah) < 0.1
    assert speech.opening[frames(speech, 1.2, 1.7)].mean() < speech.opening[frames(speech, 0, 0.5)].mean()


def test_the_lips_meet_for_a_plosive_of_sixty_milliseconds() -> None:
    speech = listen(np.concatenate([AH, silence(0.06), AH]))
    assert speech.opening[11:16].min() < 0.35
    assert speech.opening[5] > 0.8
    assert speech.opening[20] > 0.8


def test_a_whisper_and_a_shout_use_the_same_mouth() -> None:
    voice = read_sound(VOICE)
    quiet, loud = listen(voice * 0.05), listen(voice)
    assert np.corrcoef(quiet.opening, loud.opening)[0, 1] > 0.97
    assert quiet.opening.mean() == pytest.approx(loud.opening.mean(), rel=0.15)


def test_there_is_one_value_for_each_frame_and_they_keep_their_bounds() -> None:
    speech = listen(read_sound(VOICE))
    assert len(speech.opening) == len(speech.spread) == len(speech.stress) == -(-speech.seconds * 25 // 1)
    assert 0 <= speech.opening.min() <= speech.opening.max() <= 1
    assert -1 <= speech.spread.min() <= speech.spread.max() <= 1


def test_a_person_blinks_every_few_seconds() -> None:
    speech = listen(np.tile(read_sound(VOICE), 9))
    shut = move(speech, "normal", seed=3).blink > 0.85
    blinks = np.flatnonzero(np.diff(shut.astype(int)) == 1) / 25
    assert 9 <= len(blinks) * 60 / speech.seconds <= 30
    assert np.diff(blinks).max() < 8
    assert shut.mean() < 0.06


def test_a_livelier_style_moves_more_and_the_same_seed_moves_alike() -> None:
    speech = listen(read_sound(VOICE))
    calm, normal, active = (move(speech, style, seed=5) for style in ("calm", "normal", "active"))
    for part in ("x", "roll", "yaw", "pitch"):
        assert np.std(getattr(calm, part)) < np.std(getattr(normal, part)) < np.std(getattr(active, part))
    assert calm.mouth < normal.mouth < active.mouth
    assert np.array_equal(move(speech, "normal", seed=5).yaw, normal.yaw)
    assert not np.array_equal(move(speech, "normal", seed=6).yaw, normal.yaw)


def test_the_head_nods_with_stress() -> None:
    loud = np.concatenate([np.concatenate([AH * 0.1, AH, AH * 0.1]) for _ in range(6)])
    speech = listen(loud)
    nods = [move(speech, "normal", seed=seed).pitch for seed in range(20)]
    assert np.corrcoef(np.mean(nods, 0), np.roll(speech.stress, 2))[0, 1] > 0.6


def test_an_unknown_style_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="style"):
        move(listen(AH), "wild", seed=1)

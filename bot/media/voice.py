"""A person's voice becomes one that the service takes: WAV, mono, not too long, of even loudness.

A minute of it has 5.8 of the service's 15 MB.
"""

import wave
from dataclasses import replace
from pathlib import Path

import numpy as np

from bot.media.errors import MediaError, Reason
from bot.media.facts import FitVoice
from bot.media.filters import RATE, Samples
from bot.media.loudness import Loudness, even_loudness, measure_loudness
from bot.media.pauses import find_ends, find_pause
from bot.media.sound import Sound, count_tracks, read_sound

LIMIT_SECONDS = 60.0
"""The service takes less than that."""
MARGIN_SECONDS = 0.1
MIN_SECONDS = 0.5
"""A shorter one is a slip of the finger, and holds no word."""
LOOKAHEAD_SECONDS = 5.0
"""So much behind the limit tells where a pause at the limit ends."""
SILENT_LUFS = -50.0
"""The loudest 400 ms of a silent room are below, those of a whisper above."""
KEPT_SILENCE_SECONDS = 1.0
"""So much stays of the silence before the first word and behind the last; more would be paid for nothing."""
FADE_SECONDS = 0.05


def fit_voice(
    source: Path,
    target: Path,
    *,
    stated_seconds: float | None = None,
    cut: bool = False,
    limit: float = LIMIT_SECONDS,
) -> FitVoice:
    """Write the voice in `source` (or the sound of that film) to `target` as the service takes it.

    Args:
        source: Any sound or film.
        target: Where the WAV goes.
        stated_seconds: Its length as the sender stated it, if they did.
        cut: Cut a voice that is too long at a pause, instead of refusing it.
        limit: It must have fewer seconds than that.

    Raises:
        MediaError: One of the reasons of a voice; VOICE_TOO_LONG comes with `full_seconds`, `cut_seconds` (where the
            pause is) and `limit`.
    """
    most = limit - MARGIN_SECONDS
    sound, loudness = _choose_track(source, most, stated_seconds)
    samples, full = sound.samples, sound.full_seconds
    if full < MIN_SECONDS:
        raise MediaError(Reason.VOICE_TOO_SHORT, seconds=round(full, 2), limit=MIN_SECONDS)
    if loudness.loudest < SILENT_LUFS:
        raise MediaError(Reason.VOICE_SILENT, loudness=round(loudness.loudest, 1))
    end = len(samples) if sound.goes_on else find_ends(samples)[1]
    too_long = end > most * RATE
    if too_long:
        end = find_pause(samples, most)
        if not cut:
            facts = {"full_seconds": round(full, 1), "cut_seconds": round(end / RATE, 1)}
            raise MediaError(Reason.VOICE_TOO_LONG, **facts, limit=limit)
        loudness = measure_loudness(samples[:end])
    else:
        end = min(end + int(KEPT_SILENCE_SECONDS * RATE), int(most * RATE))
    samples = even_loudness(samples[:end], loudness)
    if end < len(sound.samples):
        fade = int(FADE_SECONDS * RATE)
        samples[-fade:] *= np.linspace(1, 0, fade, dtype=np.float32)
    write_wav(target, samples)
    return FitVoice("wav", len(samples) / RATE, full, too_long, target.stat().st_size)


def _choose_track(source: Path, most: float, stated: float | None) -> tuple[Sound, Loudness]:
    """Take the first track with a voice; a recorder may leave its first one silent."""
    silent: tuple[Sound, Loudness] | None = None
    unread: MediaError | None = None
    for track in range(count_tracks(source)):
        try:
            sound = _read_from_first_word(source, most + LOOKAHEAD_SECONDS, track, stated)
        except MediaError as error:
            unread = unread or error
            continue
        loudness = measure_loudness(sound.samples[: int(most * RATE)])
        if loudness.loudest >= SILENT_LUFS:
            return sound, loudness
        silent = silent or (sound, loudness)
    if unread is not None or silent is None:
        raise unread or MediaError(Reason.VOICE_NO_SOUND)
    return silent


def _read_from_first_word(source: Path, seconds: float, track: int, stated: float | None) -> Sound:
    """Read so many seconds from shortly before the first word on."""
    sound = read_sound(source, seconds, track=track, stated=stated)
    silence = find_ends(sound.samples)[0] / RATE - KEPT_SILENCE_SECONDS
    if silence <= 0:
        return sound
    if sound.goes_on:
        sound = read_sound(source, seconds + silence, track=track, stated=stated)
    return replace(sound, samples=sound.samples[int(silence * RATE) :])


def write_wav(target: Path, samples: Samples) -> None:
    """Write mono sound as 16-bit WAV."""
    with target.open("wb") as file, wave.open(file, "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(RATE)
        wav.writeframes(np.round(np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())

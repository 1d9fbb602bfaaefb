"""The sound of strangers' files: any track, all chained streams one after the other, and what is missing in it."""

import contextlib
import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import InputContainer

from bot.media.container import can_decode, open_media
from bot.media.decoding import Tally, decode_blocks, known_seconds, read_packets
from bot.media.errors import MediaError, Reason
from bot.media.filters import RATE, Samples, remove_rumble
from bot.media.ogg import Chain, find_chains
from bot.media.pauses import measure_levels, silence_level
from bot.media.protection import is_protected

MAX_TRACKS = 8
LOOKED_SECONDS = 600.0
"""So far it is looked whether anything comes behind a long silence."""
COUNTED_BYTES = 20_000_000
SIGNATURES = re.compile(
    rb"OggS|RIFF|fLaC|ID3|\x1aE\xdf\xa3|#!AMR|FORM|caff|0&\xb2u\x8ef\xcf\x11|.{4}ftyp",
    re.DOTALL,
)
UNSUPPORTED = re.compile(rb"wvpk|MAC |TTA1|\.snd|FLV|riff\x2e\x91\xcf\x11")
"""WavPack, Monkey's Audio, True Audio, Sun's, Flash films, Wave64: nobody sends them."""


@dataclass(frozen=True)
class Sound:
    """The sound of a file, without what lies below a voice.

    `samples` are no fewer than was asked for, unless the sound ends before; `goes_on` says that anything but silence
    follows them, and `full_seconds` is the length of the whole.
    """

    samples: Samples
    full_seconds: float
    goes_on: bool


def count_tracks(source: Path) -> int:
    """Tell how many sound tracks a file has, of those that are worth a try.

    Raises:
        MediaError: VOICE_EMPTY, NOT_A_VOICE, VOICE_NO_SOUND, VOICE_DAMAGED or VOICE_PROTECTED.
    """
    if source.stat().st_size == 0:
        raise MediaError(Reason.VOICE_EMPTY)
    with _broken_said(source), open_media(source) as container:
        if not container.streams.audio:
            raise MediaError(Reason.VOICE_NO_SOUND)
        tracks = sum(map(can_decode, container.streams.audio))
    if not tracks:
        raise MediaError(Reason.NOT_A_VOICE)
    return min(tracks, MAX_TRACKS)


def read_sound(source: Path, seconds: float, *, track: int = 0, stated: float | None = None) -> Sound:
    """Decode a sound track of a file.

    Args:
        source: any sound or film.
        seconds: how much is wanted of it.
        track: 0 for the one that players choose, and so on.
        stated: its length as its sender stated it, if they did; only an Ogg without its end is held against that.

    Raises:
        MediaError: VOICE_EMPTY, NOT_A_VOICE, VOICE_DAMAGED or VOICE_PROTECTED.
    """
    with _broken_said(source):
        chains, tally = find_chains(source), Tally()
        blocks = _read_blocks(source, chains, track, tally)
        with contextlib.closing(blocks):
            samples = _gather(blocks, seconds)
            heard, goes_on = _look_on(blocks, samples)
        if chains and not chains[-1].ends and stated and not goes_on:
            tally.missing = max(tally.missing, stated - heard)
        whole = heard + tally.missing
        if tally.missing > (max(1.0, whole * 0.1) if heard else 0.0):
            reason = Reason.VOICE_PROTECTED if is_protected(source) else Reason.VOICE_DAMAGED
            raise MediaError(reason, seconds=round(heard, 1), expected_seconds=round(whole, 1))
        if not heard:
            raise MediaError(Reason.VOICE_EMPTY)
        return Sound(samples, _full_seconds(source, chains, track) if goes_on else heard, goes_on)


def looks_like_sound(source: Path) -> bool:
    """Tell from its first bytes whether a file is meant as a sound or film."""
    with source.open("rb") as file:
        head = file.read(16)
    return (SIGNATURES.match(head) or UNSUPPORTED.match(head)) is not None


def _is_supported(source: Path) -> bool:
    with source.open("rb") as file:
        return SIGNATURES.match(file.read(16)) is not None


@contextlib.contextmanager
def _broken_said(source: Path) -> Iterator[None]:
    """Let whatever the decoders raise have its reason."""
    try:
        yield
    except (MediaError, MemoryError):
        raise
    except Exception as error:
        if is_protected(source):
            raise MediaError(Reason.VOICE_PROTECTED) from error
        raise MediaError(Reason.VOICE_DAMAGED if _is_supported(source) else Reason.NOT_A_VOICE) from error


def _gather(blocks: Iterator[Samples], seconds: float) -> Samples:
    kept: list[Samples] = []
    wanted = int(seconds * RATE)
    for block in blocks:
        kept.append(block)
        wanted -= len(block)
        if wanted <= 0:
            break
    return remove_rumble(np.concatenate(kept)) if kept else np.empty(0, np.float32)


def _look_on(blocks: Iterator[Samples], samples: Samples) -> tuple[float, bool]:
    """Tell the length until here, and whether anything but silence follows."""
    heard, silence = len(samples) / RATE, 0.0
    for block in blocks:
        silence = silence or silence_level(measure_levels(samples))
        if heard > LOOKED_SECONDS or bool((measure_levels(remove_rumble(block)) > silence).any()):
            return heard, True
        heard += len(block) / RATE
    return heard, False


def _read_blocks(source: Path, chains: list[Chain], track: int, tally: Tally) -> Generator[Samples, None, None]:
    """Decode all chains, in mono, in blocks of some seconds."""
    for chain in _parts(chains):
        with _open_chain(source, chain) as container:
            stream = _find_track(container, track)
            if stream is not None:
                torn = chain is not None and chain.has_holes
                yield from decode_blocks(container, stream, torn, tally)


def _parts(chains: list[Chain]) -> list[Chain | None]:
    return [*chains] or [None]


def _open_chain(source: Path, chain: Chain | None) -> contextlib.AbstractContextManager[InputContainer]:
    return open_media(source, None if chain is None else (chain.start, chain.end))


def _find_track(container: InputContainer, track: int) -> AudioStream | None:
    best = container.streams.best("audio")
    known = filter(can_decode, container.streams.audio)
    tracks = sorted(known, key=lambda stream: best is None or stream.index != best.index)
    return tracks[track] if track < len(tracks) else None


def _full_seconds(source: Path, chains: list[Chain], track: int) -> float:
    """Return the whole length: known, or counted where that is quick, or what the bitrate suggests."""
    full = 0.0
    for chain in _parts(chains):
        with _open_chain(source, chain) as container:
            stream = _find_track(container, track)
            if stream is None:
                continue
            if (known := known_seconds(container, stream)) is not None:
                full += known
            elif container.size > COUNTED_BYTES and container.duration:
                full += container.duration / av.time_base
            else:
                packets = read_packets(container, stream)
                full += sum(float((packet.duration or 0) * packet.time_base) for packet in packets if packet.time_base)
    return full

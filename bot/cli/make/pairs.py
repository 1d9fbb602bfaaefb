"""Which videos `emobot make` is to make: pairs of a portrait and a voice, and where each video goes."""

import mimetypes
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

PICTURES = frozenset(
    [".jpg", ".jpeg", ".jfif", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".heic", ".heif", ".avif"]
)
SOUNDS = frozenset(
    [".ogg", ".oga", ".opus", ".mp3", ".wav", ".m4a", ".aac", ".flac", ".amr", ".wma", ".aiff", ".aif", ".caf", ".mka"]
)
OUT, OUT_FOLDER = Path("out.mp4"), Path("videos")


class WrongUsage(Exception):
    """What was asked for cannot be begun; the text says what to write."""


@dataclass(frozen=True)
class Pair:
    """A portrait, the voice that it is to speak with, and the video that comes of it."""

    portrait: Path
    voice: Path
    video: Path


def pairs_of(files: Sequence[str], output: str | None) -> list[Pair]:
    """Return what to make.

    Args:
        files: a portrait and a voice, several such pairs, or a folder.
        output: a video's file for one pair, a folder for more; None: the usual one.

    Raises:
        WrongUsage: a file is missing, without its partner, or could not be written.
    """
    if len(files) == 1 and Path(files[0]).is_dir():
        return _named(_in_folder(Path(files[0])), Path(output or OUT_FOLDER))
    for file in files:
        _check_readable(file)
    if len(files) % 2:
        raise WrongUsage("give a portrait and a voice, several such pairs, or a folder of them")
    pairs = [(Path(portrait), Path(voice)) for portrait, voice in zip(files[::2], files[1::2], strict=True)]
    if len(pairs) > 1:
        return _named(pairs, Path(output or OUT_FOLDER))
    video = Path(output or OUT)
    if output is None or video.suffix.lower() == ".mp4" or not video.is_dir():
        _check_video(video)
        return [Pair(*pairs[0], video)]
    return _named(pairs, video)


def _in_folder(folder: Path) -> list[tuple[Path, Path]]:
    """Pair files of one name; a single portrait goes with every voice, and a single voice with every portrait."""
    files = sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    portraits = [path for path in files if _is(path, PICTURES, "image/")]
    voices = [path for path in files if _is(path, SOUNDS, "audio/", "video/")]
    if not portraits or not voices:
        raise WrongUsage(f"there is no {'portrait' if not portraits else 'voice'} in the folder {folder}")
    if len(portraits) == 1 or len(voices) == 1:
        return [(portrait, voice) for portrait in portraits for voice in voices]
    by_name = {voice.stem: voice for voice in voices}
    for kind, others in ((portraits, voices), (voices, portraits)):
        names = [path.stem for path in others]
        for path in kind:
            if names.count(path.stem) != 1:
                wrong = "more than one file" if path.stem in names else "no file"
                raise WrongUsage(f"{wrong} in {folder} has the name of {path.name}, to be its partner")
    return [(portrait, by_name[portrait.stem]) for portrait in portraits]


def _is(path: Path, endings: frozenset[str], *kinds: str) -> bool:
    return path.suffix.lower() in endings or (mimetypes.guess_type(path.name)[0] or "").startswith(kinds)


def _named(pairs: list[tuple[Path, Path]], folder: Path) -> list[Pair]:
    """Give each video a name in a folder."""
    if folder.suffix.lower() == ".mp4" and not folder.is_dir():
        raise WrongUsage(f"there are {len(pairs)} videos to make: give a folder with -o, not a file")
    parent = next(each for each in (folder, *folder.absolute().parents) if each.exists())
    if not parent.is_dir() or not os.access(parent, os.W_OK):
        raise WrongUsage(f"the videos cannot be written into {folder}")
    named = [Pair(portrait, voice, folder / f"{_name(portrait, voice)}.mp4") for portrait, voice in pairs]
    seen: set[Path] = set()
    for pair in named:
        if pair.video in seen:
            raise WrongUsage(f"two videos would be called {pair.video.name}: rename one of the files")
        seen.add(pair.video)
    return named


def _name(portrait: Path, voice: Path) -> str:
    return voice.stem if portrait.stem == voice.stem else f"{portrait.stem}-{voice.stem}"


def _check_readable(file: str) -> None:
    path = Path(file)
    if path.is_dir():
        raise WrongUsage(f"{file} is a folder: give it alone, or give files")
    if not path.is_file():
        raise WrongUsage(f"there is no file {file}")
    if not os.access(path, os.R_OK):
        raise WrongUsage(f"the file {file} may not be read")


def _check_video(path: Path) -> None:
    if path.suffix.lower() != ".mp4":
        raise WrongUsage(f"the video is an MP4: write {path.with_suffix('.mp4') if path.name else 'out.mp4'}")
    folder = path.absolute().parent
    if not folder.is_dir():
        raise WrongUsage(f"there is no folder {folder} to write the video into")
    if path.is_dir() or not os.access(path if path.exists() else folder, os.W_OK):
        raise WrongUsage(f"the video cannot be written to {path}")

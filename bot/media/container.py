"""Opens strangers' sound and video files, and nothing that they point to."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

import av
from av.container import InputContainer

FORMATS = (
    "ogg,mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,mp3,wav,w64,flac,aac,amr,amrnb,amrwb,aiff,asf,avi,caf,au,mpegts,mpeg,"
    "flv,ac3,eac3,tta,wv,ape"
)
"""Demuxers of real files. Playlists and lists of files (HLS, DASH, concat, SDP) would let a stranger make the bot open
files and addresses of their choice."""
INDEXED_FORMATS = ("ogg", "mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm", "wav", "w64", "flac", "aiff", "caf", "tta", "wv")
"""Those that know their length; elsewhere it is guessed from a bitrate."""


@contextmanager
def open_media(path: Path, part: tuple[int, int] | None = None) -> Iterator[InputContainer]:
    """Open a file for reading.

    Args:
        path: the file.
        part: first byte, and the one behind the last, where only a part of it is meant.

    Raises:
        av.FFmpegError: It is none of `FORMATS`, or damaged at its beginning.
    """
    allowed = {"format_whitelist": FORMATS}
    with (
        path.open("rb") as file,
        av.open(
            file if part is None else _read_part(file, *part),
            "r",
            container_options=allowed,
            io_open=_open_nothing,
            metadata_errors="replace",  # titles are in whatever a recorder of long ago wrote
        ) as container,
    ):
        yield container


def _read_part(file: BinaryIO, start: int, end: int) -> io.BytesIO:
    file.seek(start)
    return io.BytesIO(file.read(end - start))


def _open_nothing(*_: Any) -> NoReturn:
    raise PermissionError("a media file may not open another")

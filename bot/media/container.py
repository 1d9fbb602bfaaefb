"""Opens strangers' sound and video files, and nothing that they point to."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

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
def open_media(path: Path) -> Iterator[InputContainer]:
    """Opens a file for reading.

    Raises:
        av.FFmpegError: It is none of `FORMATS`, or damaged at its beginning.
    """
    allowed = {"format_whitelist": FORMATS}
    with path.open("rb") as file, av.open(file, "r", container_options=allowed, io_open=_open_nothing) as container:
        yield container


def _open_nothing(*_: Any) -> NoReturn:
    raise PermissionError("a media file may not open another")

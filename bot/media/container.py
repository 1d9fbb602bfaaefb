"""Open strangers' sound and video files, and nothing that they point to."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

import av
from av.container import InputContainer
from av.stream import Stream

FORMATS = "ogg,mov,mp4,m4a,3gp,3g2,matroska,webm,mp3,wav,flac,aac,amr,aiff,asf,avi,caf,mpegts,mpeg"
"""Demuxers of files that people really send. Playlists and lists of files (HLS, DASH, concat, SDP) would let a stranger
make the bot open files and addresses of their choice."""
DECODERS = (
    *("opus", "vorbis", "mp3float", "mp3", "mp2float", "mp2", "aac", "aac_latm", "alac", "flac", "speex"),
    *("amrnb", "amrwb", "libopencore_amrnb", "libopencore_amrwb", "wmav1", "wmav2", "wmapro", "ac3", "eac3"),
    *("pcm_u8", "pcm_s8", "pcm_s16le", "pcm_s16be", "pcm_s24le", "pcm_s24be", "pcm_s32le", "pcm_s32be"),
    *("pcm_f32le", "pcm_f32be", "pcm_f64le", "pcm_alaw", "pcm_mulaw", "adpcm_ms", "adpcm_ima_wav", "gsm", "gsm_ms"),
    *("h264", "hevc", "vp8", "vp9", "av1", "libdav1d", "mpeg4", "h263", "mpeg2video", "mjpeg", "png"),
)
"""Decoders of what is in them, out of some 500: for each that is left out, a hostile file has one chance less."""
INDEXED_FORMATS = ("ogg", "mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm", "wav", "flac", "aiff", "caf")
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
    allowed = {"format_whitelist": FORMATS, "codec_whitelist": ",".join(DECODERS)}
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
        for stream in container.streams:
            if stream.codec_context is not None:
                stream.codec_context.options = {"codec_whitelist": allowed["codec_whitelist"]}
        yield container


def can_decode(stream: Stream) -> bool:
    """Return whether the stream's decoder is one of `DECODERS`."""
    return stream.codec_context is not None and stream.codec_context.name in DECODERS


def _read_part(file: BinaryIO, start: int, end: int) -> io.BytesIO:
    file.seek(start)
    return io.BytesIO(file.read(end - start))


def _open_nothing(*_: Any) -> NoReturn:
    raise PermissionError("a media file may not open another")

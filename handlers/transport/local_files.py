"""The files of a Bot API server that runs in local mode, on this machine: it names a path instead of sending them."""

import contextlib
import os
import shutil
import stat
from pathlib import Path


class NotLocal(Exception):
    """The path is not one of the local server's files; the text says what to do."""


def take_local(named: str, folder: Path | None, target: Path) -> None:
    """Link or copy a file that the server names.

    Args:
        named: the path as the server gives it.
        folder: where its files are, as the operator says; None: there is no such server.
        target: the file to make.

    Raises:
        NotLocal: the path is not in there, or cannot be read.
    """
    if folder is None:
        raise NotLocal(
            "set TELEGRAM_LOCAL_FILES to its folder, mounted here by the same path, or run it without --local"
        )
    try:
        source = Path(named).resolve(strict=True)
        if not source.is_relative_to(folder.resolve()) or not stat.S_ISREG(source.stat().st_mode):
            raise NotLocal("it names what is no file in TELEGRAM_LOCAL_FILES")
        target.unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # another disk, or another user's file
            os.link(source, target)
            return
        shutil.copyfile(source, target)
    except FileNotFoundError:
        raise NotLocal("the file is not there: mount its folder here by the same path") from None
    except PermissionError:
        raise NotLocal("let this bot's user read TELEGRAM_LOCAL_FILES") from None

"""A secret that is made once and kept beside the data, for nobody but the bot's own user."""

import os
import secrets
from pathlib import Path


def keep_once(path: Path, content: bytes) -> None:
    """Write a file of mode 0600, unless it is there already.

    Two processes that start at the same moment end up with the same content, and a crash leaves a whole file or none.

    Raises:
        OSError: it cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        path.hardlink_to(unfinished)  # unlike a rename, a link fails when another process was first: its content stays
    except FileExistsError:
        pass
    finally:
        unfinished.unlink(missing_ok=True)

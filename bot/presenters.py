"""The operator's presenters: the pictures of a folder, each under its file's name, for everybody to use."""

import unicodedata
from pathlib import Path

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.media.child import run_limited
from bot.media.errors import MediaError
from bot.media.portrait import FitPortrait, fit_portrait
from storage.cast import set_presenters
from storage.objects import Objects

log = structlog.get_logger(__name__)

LONGEST_NAME = 32


def presenter_files(folder: Path) -> dict[str, Path]:
    """The files of a folder by the names of their presenters: `Anna_Lee.jpg` is Anna Lee."""
    found = {}
    for path in sorted(folder.iterdir()):
        name = " ".join(unicodedata.normalize("NFC", path.stem).replace("_", " ").split())[:LONGEST_NAME]
        if name and path.is_file() and not path.name.startswith("."):
            found[name] = path
    return found


async def load_presenters(engine: AsyncEngine, objects: Objects, folder: Path | None) -> list[str]:
    """Let the presenters be those of the folder, or nobody; one whose picture cannot be used is told and left out.

    Returns:
        Their names.
    """
    portraits: dict[str, str] = {}
    for name, path in presenter_files(folder).items() if folder else ():
        with objects.scratch() as scratch:
            try:
                fit: FitPortrait = await run_limited(fit_portrait, path, scratch / "portrait")
            except (MediaError, OSError) as error:
                log.error("a presenter's picture cannot be used", file=path.name, why=str(error))
                continue
            kept = await objects.add(
                scratch / "portrait", extension=fit.extension, kind="portrait", width=fit.width, height=fit.height
            )
        portraits[name] = kept.sha
    await set_presenters(engine, portraits)
    return list(portraits)

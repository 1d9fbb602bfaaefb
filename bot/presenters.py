"""The operator's presenters: the pictures of a folder, each under its file's name, for everybody to use."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.media.child import run_limited
from bot.media.errors import MediaError
from bot.media.jobs import fit_portrait
from storage.cast import LONGEST_NAME, NameFault, fault_of, key_of_name, set_presenters, slug, tidy_name
from storage.objects import Objects
from storage.store import StoreAway

log = structlog.get_logger(__name__)

READY_FACES = Path(__file__).parent / "ready_faces"
"""Two painted faces and an example, for an operator who has no presenters."""
EXAMPLE = ".mp4"
"""The ending of a presenters' folder's example."""

NAME_FAULTS = {
    NameFault.EMPTY: "it has no name",
    NameFault.TOO_LONG: f"its name is longer than {LONGEST_NAME} characters",
    NameFault.ODD: "its name may hold only letters, digits, emoji, blanks, hyphens and apostrophes",
}


@dataclass(frozen=True)
class Found:
    """What a folder holds: the files by their presenters' names, and why some are none, a line each."""

    files: dict[str, Path]
    problems: list[str]


def find_presenters(folder: Path) -> Found:
    """Read a folder: `Anna Lee.jpg` and `Anna_Lee.jpg` are Anna Lee; hidden files, folders and videos are left alone.

    Raises:
        OSError: it cannot be read.
    """
    files: dict[str, Path] = {}
    keys: dict[str, str] = {}
    problems = []
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or not path.is_file() or path.suffix.lower() == EXAMPLE:
            continue
        name = tidy_name(path.stem.replace("_", " "))
        if (fault := fault_of(name)) is not None:
            problems.append(f"{path.name}: {NAME_FAULTS[fault]}")
        elif (other := keys.setdefault(key_of_name(name), path.name)) != path.name:
            problems.append(f"{path.name}: {other} has the same name")
        else:
            files[name] = path
    return Found(files, problems)


def find_example(folder: Path) -> Path | None:
    """Return the video of a presenters' folder, which newcomers are shown; None where there is none."""
    try:
        return min((path for path in folder.iterdir() if path.suffix.lower() == EXAMPLE), default=None)
    except OSError:
        return None  # loading the presenters says so


async def load_presenters(
    database: AsyncEngine, objects: Objects, folder: Path | None, username: str, widest: float | None = None
) -> None:
    """Let the presenters be those of the folder, or nobody; one that cannot be used is told and left out.

    While the folder cannot be read, those of the last start stay.

    Args:
        username: of the bot, for the links that are logged.
        widest: how wide a picture may be, or how high, of which more is cropped.
    """
    try:
        found = find_presenters(folder) if folder else Found({}, [])
    except OSError as error:
        log.error("the presenters' folder cannot be read; those of before stay", folder=str(folder), why=error.strerror)
        return
    for problem in found.problems:
        log.error("a presenter cannot be used", why=problem)
    portraits: dict[str, str] = {}
    for name, path in found.files.items():
        with objects.scratch() as scratch:
            try:
                fit = await run_limited(fit_portrait(path, scratch / "portrait", widest=widest))
            except (MediaError, OSError) as error:
                log.error("a presenter cannot be used", why=f"{path.name}: {why_not(error)}")
                continue
            try:
                kept = await objects.add(
                    scratch / "portrait", extension=fit.extension, kind="portrait", width=fit.width, height=fit.height
                )
            except StoreAway as error:
                log.error("the presenters cannot be put into the bucket; those of before stay", why=str(error))
                return
        portraits[name] = kept.sha
    await set_presenters(database, portraits)
    for name in portraits:
        log.info("a presenter is ready", name=name, link=f"https://t.me/{username}?start=as-{slug(name)}")


async def examine_presenters(folder: Path) -> tuple[list[str], list[str]]:
    """The names that would be presenters at the next start, and a line for each file that would be none.

    Raises:
        OSError: the folder cannot be read.
    """
    found = find_presenters(folder)
    good, problems = [], list(found.problems)
    with tempfile.TemporaryDirectory(prefix="emobot-doctor-") as scratch:
        for name, path in found.files.items():
            try:
                await run_limited(fit_portrait(path, Path(scratch) / "portrait"))
                good.append(name)
            except (MediaError, OSError) as error:
                problems.append(f"{path.name}: {why_not(error)}")
    return good, problems


def why_not(error: MediaError | OSError) -> str:
    """Why a picture cannot be used, in a few words for the operator."""
    if isinstance(error, OSError):
        return (error.strerror or str(error)).lower()
    return error.reason.value.replace("_", " ")

"""The doctor's checks of this machine: its disk, its decoders, and the operator's own files."""

import shutil
import stat
import tempfile

from bot.cli.finding import Finding, Mark, first_line
from bot.gates.limits import MEGABYTE
from bot.media.child import run_limited
from bot.media.errors import ChildError, MediaError
from bot.media.jobs import read_confinement
from bot.presenters import examine_presenters
from bot.settings import ENV_FILE, Settings
from storage.link_keys import load_or_make_link_keys

LITTLE_DISK, SOME_DISK = 200 * 2**20, 2 * 2**30


async def check_data_dir(settings: Settings, _: object) -> list[Finding]:
    """See that DATA_DIR can be written, has room, and holds sound link keys."""
    folder = settings.data_dir
    place = next(parent for parent in (folder, *folder.parents) if parent.exists())
    try:
        with tempfile.TemporaryFile(dir=place):
            pass
    except OSError as error:
        return [Finding("✗", f"DATA_DIR {folder} cannot be written ({error.strerror}): mend its owner or mode")]
    free = shutil.disk_usage(place).free
    size = f"{free / 2**30:.1f} GiB free" if free >= 2**30 else f"{free / 2**20:.0f} MiB free"
    wanted = settings.keep_free_mb * MEGABYTE
    little, some = max(LITTLE_DISK, wanted // 2), max(SOME_DISK, wanted)
    mark: Mark = "✗" if free < little else "!" if free < some else "✓"
    found = [Finding(mark, f"DATA_DIR {folder} can be written, {size}" + ("" if mark == "✓" else ": make room"))]
    kept = settings.link_keys_path
    if not settings.link_secrets and kept.exists():
        try:
            load_or_make_link_keys(kept)
        except (ValueError, OSError) as error:
            found.append(Finding("✗", first_line(error)))
    return found


async def check_env_file(_: Settings, __: object) -> list[Finding]:
    """See that the secrets in .env are for their owner's eyes."""
    try:
        mode = stat.S_IMODE(ENV_FILE.stat().st_mode)
    except FileNotFoundError:
        return []
    if not mode & 0o077:
        return [Finding("✓", f"{ENV_FILE}: for its owner alone")]
    return [Finding("!", f"{ENV_FILE}: others on this machine may read it (mode {mode:o}): chmod 600 {ENV_FILE}")]


def check_codecs() -> list[Finding]:
    """See that the codecs for voices and videos are in PyAV."""
    try:
        import av
    except ImportError:
        return [Finding("✗", "codecs: PyAV cannot be loaded: set up anew, by make setup or a new image")]
    missing = {"libx264", "aac", "h264", "libopus", "mp3"} - av.codecs_available
    if missing:
        return [Finding("✗", f"codecs: this PyAV lacks {', '.join(sorted(missing))}: install its wheel from PyPI")]
    return [Finding("✓", "codecs: H.264, AAC, Opus, MP3")]


async def check_decoders(_: Settings, __: object) -> list[Finding]:
    """See what confines the processes that decode strangers' files."""
    try:
        held = await run_limited(read_confinement())
    except (ChildError, MediaError):
        return [
            Finding("✗", "decoders: no process can be started for them: see the memory and processes that are left")
        ]
    if not held.lacks:
        return [Finding("✓", f"decoders: confined to their files (Landlock {held.landlock}) and system calls")]
    return [Finding("!", f"decoders: less confined than they could be: {why}") for why in held.lacks]


async def check_presenters(settings: Settings, _: object) -> list[Finding]:
    """See that each presenter's picture can be used."""
    if settings.presenters_dir is None:
        return []
    try:
        good, problems = await examine_presenters(settings.presenters_dir)
    except OSError as error:
        return [Finding("✗", f"PRESENTERS_DIR {settings.presenters_dir} cannot be read ({error.strerror})")]
    findings = [Finding("✗", f"presenter {problem}") for problem in problems]
    return [*findings, Finding("✓" if good else "!", f"presenters: {', '.join(good) or 'none in the folder'}")]

"""The doctor's check of the bucket: a small file is written there, read, listed and deleted."""

import tempfile
from pathlib import Path

from bot.cli.finding import Finding
from bot.settings import Settings
from storage.bucket import Bucket
from storage.copies import Copies
from storage.scratch import Scratch
from storage.store import StoreAway


async def check_bucket(settings: Settings, _: object) -> list[Finding]:
    """See that the bucket can be used for files, if there is to be one."""
    if (address := settings.bucket) is None:
        return []
    where = f"OBJECTS_URL {address}" + (f" at {address.endpoint}" if address.endpoint else "")
    with tempfile.TemporaryDirectory(prefix="emobot-doctor-") as folder:
        try:
            await Bucket(address, Copies(Path(folder), 0), Scratch(Path(folder, "scratch"))).check()
        except StoreAway as error:
            return [Finding("✗", f"{where}: {str(error).removeprefix(f'{address}: ')}")]
    return [Finding("✓", f"{where}: files can be written, read, listed and deleted")]

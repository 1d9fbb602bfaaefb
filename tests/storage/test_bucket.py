"""Files in a bucket that machines share: kept once, read anywhere, gone at once, and safe whatever the bucket does."""

import asyncio
import gc
import hashlib
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.backup import unpack, write_backup
from storage.bucket import Bucket, BucketAddress, open_s3
from storage.database import DatabaseError, open_database
from storage.moving_files import SentFiles, send_files
from storage.objects import Object, Objects
from storage.shelves import BucketShelf
from storage.store import FileAway, StoreAway, StoreShut
from storage.upgrade import migrate
from storage.whereabouts import note_files, open_objects
from tests.seaweed import KEY, SECRET, Road, address, impatient, needs_s3, road, s3_server
from tests.storage.test_objects import LONG_AGO, add, age

__all__ = ["address", "impatient", "road", "s3_server"]

pytestmark = needs_s3

MEGABYTE = 1_000_000
ROOT = Path(__file__).parents[2]

Machine = Callable[..., Objects]


@pytest.fixture
def machine(tmp_path: Path, database: AsyncEngine, address: BucketAddress) -> Machine:
    """Makes a machine of a name, with a disk of its own and the bucket of all."""

    def make(name: str, most: int = 100 * MEGABYTE, bucket: BucketAddress = address) -> Objects:
        return Objects(tmp_path / name, database, bucket, most)

    return make


@pytest.fixture
def far(address: BucketAddress, road: Road) -> BucketAddress:
    """The same place by a way that may be cut."""
    return replace(address, endpoint=road.url)


async def read(objects: Objects, kept: Object) -> bytes:
    async with objects.reading(kept) as path:
        return path.read_bytes()


def copies(objects: Objects) -> list[str]:
    bucket = bucket_of(objects)
    return [name for name in bucket.copies.unread() if bucket.place(name).exists()]


def bucket_of(objects: Objects) -> Bucket:
    assert objects.bucket is not None
    return objects.bucket


async def names(objects: Objects) -> list[str]:
    return sorted(await bucket_of(objects).old_names(float("inf")))


async def test_what_one_machine_keeps_another_reads(machine: Machine) -> None:
    here, there = machine("here"), machine("there")
    kept = await add(here, b"a face", width=400, height=500)
    assert here.at_hand(kept.sha, kept.extension) == here.path(kept)
    assert there.at_hand(kept.sha, kept.extension) is None
    assert await there.get(kept.sha) == kept
    assert await read(there, kept) == b"a face"
    assert there.at_hand(kept.sha, kept.extension) == there.path(kept)


async def test_a_file_of_many_parts_comes_back_whole(machine: Machine) -> None:
    content = os.urandom(13 * MEGABYTE)
    kept = await add(machine("here"), content)
    assert await read(machine("there"), kept) == content


async def test_a_file_is_asked_for_in_the_bucket_though_there_is_a_copy_here(
    machine: Machine, far: BucketAddress, road: Road, address: BucketAddress
) -> None:
    """Whoever may be asked for a link must be able to read it; what only this machine has is sent again."""
    here, there = machine("here", bucket=far), machine("there")
    kept = await add(here, b"a face")
    await here.ask_for(kept)
    road.way = "404"
    with pytest.raises(StoreAway):
        await here.ask_for(kept)
    road.way = "open"
    await open_s3(address).delete_async(kept.name)
    with pytest.raises(FileAway):
        await there.ask_for(kept)
    await here.ask_for(kept)
    assert await read(there, kept) == b"a face"


async def test_those_who_want_the_same_file_fetch_it_once(machine: Machine, far: BucketAddress, road: Road) -> None:
    kept = await add(machine("here"), b"a face")
    there = machine("there", bucket=far)
    assert await asyncio.gather(*(read(there, kept) for _ in range(10))) == [b"a face"] * 10
    assert len(road.asked) == 1


async def test_the_same_bytes_are_one_object_and_are_sent_once(
    machine: Machine, far: BucketAddress, road: Road, database: AsyncEngine
) -> None:
    here = machine("here", bucket=far)
    first = await add(here, b"a face")
    given = here.path(first).stat().st_ino
    await age(database, first.sha)
    again = await add(here, b"a face", extension="jpeg")
    assert (again.extension, again.used_at > LONG_AGO) == ("jpg", True)
    assert here.path(first).stat().st_ino == given, "a confined process may read that very file"
    await add(here, b"a face")
    assert await names(here) == [first.name]
    assert sum(line.startswith("PUT") for line in road.asked) == 2, "once by each name"


async def test_what_is_removed_is_gone_from_the_bucket_and_soon_from_every_machine(machine: Machine) -> None:
    here, there = machine("here"), machine("there")
    kept, other = await add(here, b"a face"), await add(here, b"another face")
    assert await read(there, kept) == b"a face"
    assert await here.remove(kept.sha) == 1
    assert await names(here) == [other.name]
    assert copies(here) == [other.name]
    await there.tidy()
    assert copies(there) == []
    with pytest.raises(FileAway):
        await read(machine("a third"), kept)


async def test_copies_are_bounded_and_what_is_read_stays(machine: Machine, tmp_path: Path) -> None:
    here, there = machine("here"), machine("there", most=3 * MEGABYTE)
    kept = [await add(here, os.urandom(MEGABYTE)) for _ in range(6)]
    async with there.reading(kept[0]) as path:
        for each in kept[1:]:
            await read(there, each)
        assert path.exists()
        assert bucket_of(there).copies.find(kept[0].name) == path
    assert sorted(copies(there)) == sorted(kept[number].name for number in (0, 4, 5))
    beside = machine("there")
    assert await read(beside, kept[0])
    assert beside.path(kept[0]) != there.path(kept[0]), "two processes of one folder do not meddle"
    del beside
    gc.collect()
    await there.tidy()
    assert [folder.name for folder in (tmp_path / "there").glob("of-*")] == ["of-1"], "what the dead one had is gone"
    del there
    gc.collect()
    again = machine("there", most=2 * MEGABYTE)
    assert len(copies(again)) == 2, "they are found again at the next start"
    bucket_of(again).copies.shrink(MEGABYTE)
    assert len(copies(again)) == 1, "the disk needs room"


async def test_somebody_empties_the_folder_of_copies(machine: Machine) -> None:
    here = machine("here")
    kept = await add(here, b"a face")
    here.path(kept).unlink()
    assert await read(here, kept) == b"a face"


async def test_files_without_a_row_go_after_an_hour_and_those_of_others_stay(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    here = machine("here")
    kept, path = await add(here, b"a face"), tmp_path / "left"
    path.write_bytes(b"left over")
    bucket = bucket_of(here)
    left = f"ab/{'c' * 62}.mp4"
    await bucket.bring(path, left)
    await bucket.bring(path, "notes/of-others.txt")
    await here.remove_unused(LONG_AGO)
    assert await names(here) == sorted([left, kept.name])
    monkeypatch.setattr("storage.objects.ORPHAN_SECONDS", -60)
    await here.remove_unused(LONG_AGO)
    assert await names(here) == [kept.name]
    assert await bucket._s3.head_async("notes/of-others.txt")


async def test_added_on_one_machine_while_another_removes_it_it_stays_whole(
    machine: Machine, database: AsyncEngine
) -> None:
    here, there = machine("here"), machine("there")
    for content in (b"%d" % number for number in range(15)):
        kept = await add(here, content)
        await age(database, kept.sha)
        await asyncio.gather(here.remove_unused(LONG_AGO + 1), add(there, content))
        after = await there.get(kept.sha)
        assert after is None or await read(machine(f"third-{content.decode()}"), after) == content


KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from storage.bucket import Bucket, BucketAddress
from storage.database import open_database
from storage.objects import Objects

url, root, prefix, endpoint, key, secret = sys.argv[1:]
address = BucketAddress("emobot", prefix, endpoint, key_id=key, secret=secret, allow_http=True)

async def keep_and_die(self, path, name):
    os.kill(os.getpid(), signal.SIGKILL)

async def main():
    objects = Objects(Path(root), open_database(url), address, 1_000_000)
    Bucket.keep = keep_and_die
    with objects.scratch() as folder:
        (folder / "file").write_bytes(b"a face")
        await objects.add(folder / "file", extension="jpg", kind="portrait")

asyncio.run(main())
"""


async def test_killed_while_adding_it_leaves_a_file_that_does_no_harm(
    machine: Machine, address: BucketAddress, migrated_url: str, tmp_path: Path
) -> None:
    given = (migrated_url, str(tmp_path / "here"), address.prefix, str(address.endpoint), KEY, SECRET)
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", KILLED, *given, cwd=ROOT)
    assert await child.wait() == -signal.SIGKILL
    here, sha = machine("here"), hashlib.sha256(b"a face").hexdigest()
    assert await here.get(sha) is None
    assert len(await names(here)) == 1
    kept = await add(here, b"a face")
    assert await read(machine("there"), kept) == b"a face"


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("way", ["cut", "silent", "404", "503"])
async def test_while_the_bucket_is_away_nothing_is_half_kept(
    way: str, machine: Machine, far: BucketAddress, road: Road, tmp_path: Path
) -> None:
    here = machine("here", bucket=far)
    path = tmp_path / "face"
    path.write_bytes(b"a face")
    road.way = way  # type: ignore[assignment]
    with pytest.raises(StoreAway):
        await here.add(path, extension="jpg", kind="portrait")
    assert path.read_bytes() == b"a face"
    assert await here.get(hashlib.sha256(b"a face").hexdigest()) is None
    road.way = "open"
    kept = await here.add(path, extension="jpg", kind="portrait")
    road.way = way  # type: ignore[assignment]
    assert await read(here, kept) == b"a face", "there is a copy"
    there = machine("there", bucket=far)
    with pytest.raises(StoreAway):
        await read(there, kept)
    road.way = "slow"
    assert await read(there, kept) == b"a face"


@pytest.mark.usefixtures("impatient")
async def test_what_is_to_be_deleted_while_the_bucket_is_away_is_out_of_reach_and_goes_later(
    machine: Machine, far: BucketAddress, road: Road
) -> None:
    here = machine("here", bucket=far)
    kept = [await add(here, content) for content in (b"a face", b"a voice")]
    road.way = "cut"
    assert [await here.remove(each.sha) for each in kept] == [1, 1]
    assert (here.left, copies(here)) == (2, [])
    assert [await here.get(each.sha) for each in kept] == [None, None]
    await here.tidy()
    assert here.left == 2
    road.way = "open"
    again = await add(here, b"a voice")
    await here.tidy()
    assert here.left == 0
    assert await names(here) == [again.name], "what came again in the meantime stays"


async def test_other_bytes_than_were_given_are_no_file(machine: Machine, tmp_path: Path) -> None:
    here, there = machine("here"), machine("there")
    kept = await add(here, b"a face")
    await bucket_of(here)._s3.put_async(kept.name, b"<html>It works!</html>")
    with pytest.raises(StoreAway, match="other bytes"):
        await read(there, kept)
    assert copies(there) == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"secret": "another-secret"}, "AWS_SECRET_ACCESS_KEY does not belong to AWS_ACCESS_KEY_ID"),
        ({"key_id": "another"}, "it does not know AWS_ACCESS_KEY_ID"),
    ],
)
async def test_what_the_operator_has_to_mend_is_said(
    changes: dict[str, str], said: str, machine: Machine, address: BucketAddress
) -> None:
    here = machine("here", bucket=replace(address, **changes))  # type: ignore[arg-type]
    with pytest.raises(StoreShut, match=said) as refused:
        await bucket_of(here).check()
    assert SECRET not in str(refused.value) + repr(address) + repr(bucket_of(here))
    await bucket_of(machine("there")).check()
    assert await names(machine("there")) == []


@pytest.mark.usefixtures("impatient")
async def test_a_start_looks_only_where_the_files_are(
    machine: Machine, database: AsyncEngine, far: BucketAddress, road: Road, tmp_path: Path
) -> None:
    folder, copies = tmp_path / "objects", tmp_path / "copies"
    road.way = "cut"
    await open_objects(database, copies, far, MEGABYTE, before=folder)  # it may come later
    with pytest.raises(DatabaseError, match="are in another bucket, and OBJECTS_URL says a folder: set it back"):
        await open_objects(database, folder, None, 0, before=folder)
    await note_files(database, None)
    kept = await add(await open_objects(database, folder, None, 0, before=folder), b"a face")
    with pytest.raises(DatabaseError, match=r"in a folder, and OBJECTS_URL says s3://emobot/.*`emobot move`"):
        await open_objects(database, copies, far, MEGABYTE, before=folder)
    assert (folder / kept.name).exists()


def test_a_backup_has_the_files_of_a_bucket_and_they_go_back_into_one(address: BucketAddress, tmp_path: Path) -> None:
    url, place = f"sqlite+aiosqlite:///{tmp_path}/emobot.db", tmp_path / "new"

    async def run_a_bot(store: BucketAddress, *contents: bytes) -> list[Object]:
        database = open_database(url)
        await migrate(database)
        objects = await open_objects(database, tmp_path / "copies", store, MEGABYTE, before=tmp_path / "objects")
        kept = [await add(objects, content) for content in contents]
        await database.dispose()
        return kept

    face, gone = asyncio.run(run_a_bot(address, b"a face", b"another face"))
    shelf = BucketShelf(address)
    shelf._s3.delete(gone.name)
    manifest = write_backup(tmp_path / "backup", tmp_path, tmp_path / "emobot.db", shelf)
    assert manifest.objects == 1
    place.mkdir()
    unpack(tmp_path / "backup", place)
    other = replace(address, prefix=f"{address.prefix}/restored")
    assert send_files(place / "objects", BucketShelf(other)) == SentFiles(sent=1)
    assert send_files(place / "objects", BucketShelf(other)) == SentFiles(there=1)
    (place / "objects" / face.name).write_bytes(b"a fac")
    BucketShelf(other)._s3.delete(face.name)
    assert send_files(place / "objects", BucketShelf(other)) == SentFiles(damaged=1)
    url = f"sqlite+aiosqlite:///{place}/emobot.db"
    assert asyncio.run(run_a_bot(other)) == [], "it may be elsewhere than it was"

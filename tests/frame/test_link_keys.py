"""The keys that sign links, given or made."""

import stat
import threading
from pathlib import Path
from typing import Any

import pytest

from storage.link_keys import LinkKey, load_or_make_link_keys, parse_link_keys


def test_the_first_key_signs() -> None:
    old, new = "o" * 32, "n" * 32
    assert parse_link_keys(f"new:{new}, old:{old}") == (LinkKey("new", new.encode()), LinkKey("old", old.encode()))


@pytest.mark.parametrize(
    "text", ["", "x" * 40, "a b:" + "x" * 40, f"a:{'x' * 40},", f"a:{'x' * 31}", "k" * 17 + ":" + "x" * 40]
)
def test_damaged_keys_are_refused_without_showing_them(text: Any) -> None:
    with pytest.raises(ValueError, match=r"kid|characters") as caught:
        parse_link_keys(text)
    assert "xxxx" not in str(caught.value)


def test_one_kid_has_one_secret() -> None:
    with pytest.raises(ValueError, match="twice"):
        parse_link_keys(f"a:{'x' * 32},a:{'y' * 32}")


def test_a_made_key_is_kept_for_the_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "data" / "link_keys"
    keys = load_or_make_link_keys(path)
    assert load_or_make_link_keys(path) == keys
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["link_keys"]
    assert load_or_make_link_keys(tmp_path / "other") != keys


def test_all_who_start_at_once_have_the_same_key(tmp_path: Path) -> None:
    path, start = tmp_path / "link_keys", threading.Barrier(8)
    found: list[tuple[LinkKey, ...]] = []

    def begin() -> None:
        start.wait()
        found.append(load_or_make_link_keys(path))

    threads = [threading.Thread(target=begin) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1


@pytest.mark.parametrize("damage", [b"", b"half:abc", b"\xff\xfe"])
def test_a_damaged_file_is_named(tmp_path: Path, damage: Any) -> None:
    path = tmp_path / "link_keys"
    path.write_bytes(damage)
    with pytest.raises(ValueError, match=r"link_keys: .*delete it"):
        load_or_make_link_keys(path)

"""Keyed hashes: the same for as long as the key is there, and of no use without it."""

import stat
from pathlib import Path

import pytest

from storage.keyed_hash import KeyedHash, load_or_make_keyed_hash


def test_the_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "data" / "hash-key"
    first, again = load_or_make_keyed_hash(path), load_or_make_keyed_hash(path)
    assert first == again
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert first("person", 5) == again("person", "5")


def test_another_key_and_another_kind_give_another_hash() -> None:
    key = KeyedHash()
    assert key("person", 5) != key("photo", 5)
    assert key("person", 5) != KeyedHash()("person", 5)
    assert key.secret.hex() not in repr(key)


def test_a_damaged_key_is_named_and_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "hash-key"
    path.write_text("half")
    with pytest.raises(ValueError, match="hash-key: it holds no key"):
        load_or_make_keyed_hash(path)
    assert path.read_text() == "half"

"""The doctor tries the bucket, and says what to mend."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.cli.doctor_bucket import check_bucket
from bot.settings import Settings
from storage.bucket import BucketAddress
from storage.shelves import BucketShelf
from tests.seaweed import KEY, SECRET, address, needs_s3, s3_server

__all__ = ["address", "s3_server"]


@needs_s3
@pytest.mark.parametrize(
    ("secret", "mark", "said"),
    [
        (SECRET, "✓", "files can be written, read, listed and deleted"),
        ("another-secret", "✗", "AWS_SECRET_ACCESS_KEY does not belong to AWS_ACCESS_KEY_ID"),
    ],
)
async def test_a_bucket_is_tried_and_nothing_is_left_in_it(
    secret: str, mark: str, said: str, address: BucketAddress, tmp_path: Path
) -> None:
    settings = Settings(
        data_dir=tmp_path,
        objects_url=str(address),
        aws_endpoint_url=str(address.endpoint),
        aws_access_key_id=KEY,
        aws_secret_access_key=SecretStr(secret),
        aws_allow_http=True,
    )
    [found] = await check_bucket(settings, None)
    assert (found.mark, found.text) == (mark, f"OBJECTS_URL {address} at {address.endpoint}: {said}")
    assert [each for some in BucketShelf(address)._s3.list() for each in some] == []


async def test_a_folder_needs_no_such_check(tmp_path: Path) -> None:
    assert await check_bucket(Settings(data_dir=tmp_path), None) == []

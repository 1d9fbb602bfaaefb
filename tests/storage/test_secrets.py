"""What is written down stays out of errors, and so out of logs."""

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.renders import update_render

SECRET = "https://host/video.mp4?Signature=secret"


async def test_an_error_of_the_database_does_not_tell_what_was_written(fresh_database: AsyncEngine) -> None:
    async with fresh_database.begin() as connection:
        await connection.execute(sa.text("DROP TABLE renders"))
    with pytest.raises(sa.exc.DBAPIError) as error:
        await update_render(fresh_database, "1", opening=SECRET)
    assert "secret" not in str(error.value)

"""What is written down stays out of errors, and so out of logs."""

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.renders import Render, create_render, update_render

SECRET = "https://host/video.mp4?Signature=secret"


async def test_an_error_of_the_database_does_not_tell_what_was_written(database: AsyncEngine) -> None:
    async with database.begin() as connection:
        await connection.execute(sa.text("DROP TABLE renders"))
    with pytest.raises(sa.exc.DBAPIError) as error:
        await update_render(database, "1", video_url=SECRET)
    assert "secret" not in str(error.value)


async def test_a_render_does_not_show_where_its_video_is(database: AsyncEngine) -> None:
    files = {"portrait_sha": "a", "voice_sha": "b", "ratio": "1:1", "style": "normal"}
    place = {"chat_id": 1, "user_id": 1, "thread_id": 0, "voice_message_id": 1}
    render, _ = await create_render(database, "a", video_url=SECRET, **files, **place)
    assert isinstance(render, Render)
    assert render.video_url == SECRET
    assert "secret" not in repr(render)

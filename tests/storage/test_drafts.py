"""Drafts: what is put back does not take the place of what came meanwhile."""

from sqlalchemy.ext.asyncio import AsyncEngine

from storage.drafts import Draft, DraftKey, drop_portrait, keep_portrait, keep_voice, read_draft, write_draft

KEY = DraftKey(1, 2)


async def test_a_refused_photo_goes_and_the_voice_comes_back(database: AsyncEngine) -> None:
    await write_draft(database, KEY, portrait_sha="refused", portrait_message_id=3, portrait_used=True)
    await drop_portrait(database, KEY, "refused")
    await keep_voice(database, KEY, "voice", 4)
    assert await read_draft(database, KEY) == Draft(KEY, voice_sha="voice", voice_message_id=4)


async def test_what_is_written_stays_beside_what_was_there_and_all_of_it_is_returned(database: AsyncEngine) -> None:
    await write_draft(database, KEY, portrait_sha="face", portrait_used=True)
    await write_draft(database, DraftKey(1, 3), portrait_sha="another one's")
    written = await write_draft(database, KEY, voice_sha="voice")
    assert written == Draft(KEY, portrait_sha="face", portrait_used=True, voice_sha="voice")
    assert written == await read_draft(database, KEY)


async def test_a_photo_and_a_voice_that_came_meanwhile_stay(database: AsyncEngine) -> None:
    await write_draft(database, KEY, portrait_sha="newer", voice_sha="newer too", voice_message_id=5)
    await drop_portrait(database, KEY, "refused")
    await keep_voice(database, KEY, "voice", 4)
    assert await read_draft(database, KEY) == Draft(
        KEY, portrait_sha="newer", voice_sha="newer too", voice_message_id=5
    )


async def test_a_voice_comes_back_to_who_began_anew(database: AsyncEngine) -> None:
    await keep_voice(database, KEY, "voice", 4)
    assert (await read_draft(database, KEY)).voice_message_id == 4


async def test_what_is_given_back_is_still_its_owners(database: AsyncEngine) -> None:
    await keep_voice(database, KEY, "voice", 4, "file", 6)
    await keep_portrait(database, KEY, "face", "photo", 7)
    draft = await read_draft(database, KEY)
    assert (draft.voice_file, draft.voice_owner_id) == ("file", 6)
    assert (draft.portrait_file, draft.portrait_owner_id) == ("photo", 7)
    await drop_portrait(database, KEY, "face")
    assert (await read_draft(database, KEY)).portrait_owner_id is None

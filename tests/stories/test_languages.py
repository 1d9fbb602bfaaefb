"""Four people, four languages: each is spoken to in their own, in the background too."""

import pytest

from bot.media.errors import Reason
from bot.sandbox.telegram import Person
from handlers import texts
from handlers.texts import data, settings
from handlers.texts.language import LANGUAGES, Text, sentences, speaking
from tests.stories.conftest import PORTRAIT, World, brief_voice

SPOKEN = [language for language in ("en", "ru", "zh", "ar") if language in LANGUAGES]
"""The others differ by their words alone, which are held against the English ones in `test_catalogues.py`."""

NAMES = {"en": ("Emma", "en-GB"), "zh": ("小明", "zh-hans"), "ru": ("Ира", "ru"), "es": ("Carlos", "es")}


def in_(language: str, text: Text, **facts: object) -> str:
    with speaking(language):
        return text(**facts)


def gateway(language: str) -> str:
    return in_(language, texts.GATEWAY, host="127.0.0.1")


def someone(world: World, language: str) -> Person:
    name, code = NAMES.get(language, (language, language))
    person = world.person(name)
    person.speaks(code)
    return person


@pytest.mark.parametrize("language", SPOKEN)
async def test_from_the_first_word_to_the_video(bot: None, world: World, language: str) -> None:
    person = someone(world, language)
    person.starts()
    where = in_(language, texts.FILES_GO_OUT, service=gateway(language), n=7)
    with speaking(language):
        files = sentences(where, texts.OWN_FACE())
    await person.sees(lambda message: files in message.text)
    named = in_(language, texts.FILE_NAMED, name="a.jpg", why=in_(language, texts.UNFIT[Reason.NOT_AN_IMAGE]))
    person.sends_document(b"no picture", "a.jpg", "image/jpeg")
    await person.sees(lambda message: named in message.text)
    person.sends_photo(PORTRAIT)
    await person.sees(lambda message: message.text == in_(language, texts.PHOTO_KEPT))
    world.emo.hold()
    person.sends_voice(brief_voice())
    card = await person.sees(lambda message: message.text == in_(language, texts.CARD_PENDING))
    assert card.buttons == [in_(language, texts.BUTTON_CANCEL), in_(language, texts.BUTTON_CHANGE_PHOTO)]
    world.emo.release()
    video = await person.sees_video()
    assert video.text == in_(language, texts.CAPTION)
    assert video.buttons[0] == in_(language, texts.BUTTON_AGAIN)
    person.sends("/privacy")
    await person.sees(lambda message: in_(language, data.PRIVACY, n=7, files=files, faces=365) == message.text)


async def test_a_group_that_chose_a_language_is_spoken_to_in_it_whoever_writes(bot: None, world: World) -> None:
    carlos, emma = someone(world, "es"), someone(world, "en")
    group = world.telegram.group("Amigos", [carlos, emma], topics=("Fun",))
    group.takes(carlos, administrator=True)
    emma.sends("/status", chat=group)
    await emma.sees(in_("en", texts.STATUS_IDLE), chat=group)
    carlos.sends("/settings", chat=group)
    menu = await carlos.sees(in_("es", settings.SETTINGS)[:20], chat=group)
    await carlos.presses(menu, in_("es", settings.BUTTON_LANGUAGES))
    menu = await carlos.sees(lambda message: "Русский" in message.buttons, chat=group)
    await carlos.presses(menu, in_("es", texts.BUTTON_BACK))
    menu = await carlos.sees(lambda message: in_("es", settings.BUTTON_LANGUAGES) in message.buttons, chat=group)
    await carlos.presses(menu, in_("es", settings.BUTTON_LANGUAGES))
    menu = await carlos.sees(lambda message: "Русский" in message.buttons, chat=group)
    await carlos.presses(menu, "Русский")
    menu = await carlos.sees(in_("ru", settings.SETTINGS)[:20], chat=group)
    assert {"✓ Русский", in_("ru", settings.OWN_LANGUAGE)} <= set(menu.buttons)
    emma.sends("/status", chat=group)
    await emma.sees(in_("ru", texts.STATUS_IDLE), chat=group)
    emma.sends("/status")
    await emma.sees(in_("en", texts.STATUS_IDLE))


async def test_the_card_keeps_its_language_over_a_restart(world: World) -> None:
    ira = someone(world, "ru")
    async with world.bot():
        world.emo.hold()
        ira.sends_photo(PORTRAIT)
        await ira.sees(in_("ru", texts.PHOTO_KEPT))
        ira.sends_voice(brief_voice())
        await ira.sees(in_("ru", texts.CARD_PENDING))
    async with world.bot():
        world.emo.release()
        video = await ira.sees_video()
        assert video.text == in_("ru", texts.CAPTION)

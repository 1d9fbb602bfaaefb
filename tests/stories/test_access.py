"""The operator says who may use the bot; whoever may not is told so, and may ask."""

from tests.stories.conftest import PORTRAIT, World


async def test_a_newcomer_asks_an_admin_allows_and_the_answer_comes(world: World) -> None:
    alice, boss = world.person("Alice"), world.person("Boss")
    boss.starts()
    async with world.bot(access="ask", admins=(boss.user.id,)):
        await boss.sees("Send me a photo|send me a photo")
        alice.sends_photo(PORTRAIT)
        door = await alice.sees("you need a yes from its admins")
        assert world.objects() == []
        assert (await alice.presses(door, "Ask for access")).text == "I've asked the admins. Their answer comes here."
        card = await boss.sees("Alice asks for access")
        assert card.buttons == ["Allow", "No", "Block"]
        alice.sends_photo(PORTRAIT)
        await alice.sees("I've asked the admins")
        await boss.presses(card, "Allow")
        await boss.sees("Alice .* may use the bot")
        await alice.sees("The admins let you in")
        alice.sends_photo(PORTRAIT)
        await alice.sees("Good photo")
        boss.sends_photo(PORTRAIT)
        await boss.sees("Good photo")


async def test_a_group_is_allowed_as_a_whole_and_buttons_of_others_do_nothing(world: World) -> None:
    alice, bob, boss = world.person("Alice"), world.person("Bob"), world.person("Boss")
    boss.starts()
    group = world.telegram.group("Friends", [alice, bob, boss])
    async with world.bot(access="ask", admins=(boss.user.id,)):
        alice.sends("/talk", chat=group, reply_to=alice.sends_photo(PORTRAIT, chat=group))
        door = await alice.sees("you need a yes from its admins", chat=group)
        await alice.presses(door, "Ask for access")
        card = await boss.sees("in the group “Friends”")
        assert (await bob.presses(card, "Allow this group")).text is None
        await boss.presses(card, "Allow this group")
        await alice.sees("let this group in", chat=group)
        for person in (alice, bob):
            person.sends("/talk", chat=group, reply_to=person.sends_photo(PORTRAIT, chat=group))
            await person.sees("Now send a voice message", chat=group)
        bob.sends_photo(PORTRAIT)
        await bob.sees("you need a yes from its admins")


async def test_only_the_listed_may_and_a_block_is_stronger_and_outlasts_forget(world: World) -> None:
    alice, bob, boss = world.person("Alice"), world.person("Bob"), world.person("Boss")
    async with world.bot(access="listed", allowed=(alice.user.id,), admins=(boss.user.id,)):
        bob.sends_photo(PORTRAIT)
        await bob.sees("only for people on its operator")
        alice.sends_photo(PORTRAIT)
        await alice.sees("Good photo")
        boss.sends(f"/allow {bob.user.id}")
        await boss.sees("may use the bot")
        bob.sends_photo(PORTRAIT)
        await bob.sees("Good photo")
        boss.sends(f"/block {alice.user.id}")
        await boss.sees("is blocked")
        alice.sends("/forget")
        question = await alice.sees("Nothing can bring it back")
        await alice.presses(question, "Forget me")
        alice.sends_photo(PORTRAIT)
        await alice.sees("doesn't let you use it")
        alice.sends(f"/allow {alice.user.id}")
        await alice.sees("I don't know that command")

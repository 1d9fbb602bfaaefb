"""The machine that tells the admins need not be the one that met an account's trouble."""

from tests.stories.conftest import PORTRAIT, World
from tests.stories.fleet import ON_A_SERVER, Fleet

pytestmark = ON_A_SERVER


async def test_the_admins_hear_of_an_empty_account_that_another_machine_has_met(fleet: Fleet, world: World) -> None:
    boss, alice = world.person("Boss"), world.person("Alice")
    boss.starts()
    told = {"TELEGRAM_UPDATES": "webhook", "ADMINS": str(boss.user.id)}
    leader = await fleet.add(**told)
    await boss.sees("Your files go|Hello")
    other = await fleet.add(**told)
    world.emo.accounts[0].standing = "arrears"
    leader.is_left_out()
    alice.sends_photo(PORTRAIT)
    await boss.sees("There are no videos until this is fixed. .*pay what is due", timeout=120)
    assert "there are no videos until this is mended" in other.log
    assert "there are no videos until this is mended" not in leader.log
    fleet.balancer.upstreams[:] = [("127.0.0.1", leader.port)]
    boss.sends("/admin")
    await boss.sees(r"This month: .*\n.*\nThere are no videos until this is fixed. .*pay what is due")
    world.emo.accounts[0].standing = "good"
    alice.sends_photo(PORTRAIT)
    await alice.sees("Good photo")
    await boss.sees("No longer the case: There are no videos", timeout=120)

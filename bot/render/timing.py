"""How long the bot waits, as one value."""

from dataclasses import dataclass, field

from bot.dashscope.retries import RetryPolicy
from bot.render.polling import SHORTEST


@dataclass(frozen=True)
class Timing:
    """Pauses and patience of one bot, all in seconds; a test gives it shorter ones by the same rules.

    Args:
        first_pause: before a call of a render that failed is made again; it grows from there.
        second_task: before the second task of a render; twice that before the third.
        settling: after the intent, before a list of tasks without ours is believed.
        unlisted: after the intent, before others may order although the service does not say what it has; longer than
            a machine that is cut off leads a render.
        forgotten: for which the service must know nothing of a task, whenever it is asked, before it counts as lost.
        second_fetch: before a video is fetched again; it grows from there.
        shortest_poll: between two questions about a task.
        card_tick: between two looks at the cards.
        card_gaps: between one edit of a card and the next while nothing but the time moves on.
        newcomer: a bot that has polled for so long stays when another one with its token begins to.
        ask_token: between two questions whether Telegram still knows the token, and whose it is.
        stop: for the updates in hand when the bot stops; the renders have four more, closing takes one, and Docker
            kills ten seconds after it asked.
        face_check: that a person waits to hear of a photo; the check itself goes on while they record the voice.
        answer: for one call of the service.
        watch: between two looks for what the admins should know.
        look_out: between two looks whether what is outside can be reached, where there are several machines.
        cut_off: for which a machine may miss what another one reaches, before it hands over what it is at.
        repeat: how long a call of the service that may be repeated is repeated at once.
    """

    first_pause: float = 1.0
    second_task: float = 2.0
    settling: float = 5.0
    unlisted: float = 120.0
    forgotten: float = 600.0
    second_fetch: float = 1.0
    shortest_poll: float = SHORTEST
    card_tick: float = 1.0
    card_gaps: tuple[float, ...] = (2.0, 3.0, 5.0, 8.0, 13.0, 20.0, 30.0)
    newcomer: float = 60.0
    ask_token: float = 30.0
    stop: float = 3.0
    face_check: float = 8.0
    answer: float = 30.0
    watch: float = 30.0
    look_out: float = 10.0
    cut_off: float = 60.0
    repeat: RetryPolicy = field(default_factory=RetryPolicy)

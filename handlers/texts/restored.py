"""What people read when the bot came back with a backup."""

from handlers.texts.language import Text

RESTORED = {
    "restored": Text(
        "I had to go back to a backup and don't know whether you got this video. If not, I can make "
        "it again; that may mean paying twice, so I ask you first."
    ),
    "restored_made": Text(
        "I had to go back to a backup. Your video is here, but I don't know whether you got it already. "
        "If you don't see it, I can send it; that costs nothing."
    ),
}
"""By the reason why a render ended."""

DUET = Text(
    "I had to go back to a backup. The duet is ready, but I don't know whether you got it already. "
    "If you don't see it, I can send it; that costs nothing."
)
LOST = Text(
    "I had to go back to a backup and lost what came after it. If an answer is missing, please send that again."
)

"""Whose face and whose voice it is goes with what is made of them; refusals and opt-outs get places that last.

Of what is there already, whoever sent it counts as the owner, but where a question about the photo names another one.
"""

import sqlalchemy as sa
from alembic import op
from alembic.operations import BatchOperations

revision = "0008"
down_revision = "0007"

FILE_COMMENT = "Telegram's file_unique_id of the {0} as it was sent"


def upgrade() -> None:
    for table, first in (("drafts", ""), ("renders", ""), ("cast", ""), ("duets", "first_"), ("duets", "second_")):
        with op.batch_alter_table(table) as batch:
            _add(batch, first, "portrait", "photo", "whose face it is; empty: a presenter's")
            if table != "cast":
                _add(batch, first, "voice", "voice", "whose voice it is")
    op.execute("UPDATE drafts SET portrait_owner_id = user_id, voice_owner_id = user_id")
    asked = "chat_id = drafts.chat_id AND message_id = drafts.portrait_message_id"
    op.execute(
        "UPDATE drafts SET portrait_file = (SELECT MAX(photo) FROM consents "  # noqa: S608
        f"WHERE {asked}), portrait_owner_id = (SELECT MAX(owner_id) FROM consents WHERE {asked}) "
        f"WHERE EXISTS (SELECT 1 FROM consents WHERE {asked})"
    )
    op.execute("UPDATE renders SET portrait_owner_id = user_id, voice_owner_id = user_id WHERE user_id <> 0")
    op.execute('UPDATE "cast" SET portrait_owner_id = user_id WHERE chat_id <> 0')
    op.execute(
        "UPDATE duets SET first_portrait_owner_id = user_id, second_portrait_owner_id = user_id, "
        "first_voice_owner_id = user_id, second_voice_owner_id = user_id"
    )
    with op.batch_alter_table("people") as batch:
        batch.alter_column("opted_out_at", comment="of older versions: moved to opt_outs at the start")
    create_answers()
    create_shown()


def _add(batch: BatchOperations, first: str, what: str, called: str, comment: str) -> None:
    batch.add_column(sa.Column(f"{first}{what}_file", sa.String(64), comment=FILE_COMMENT.format(called)))
    batch.add_column(sa.Column(f"{first}{what}_owner_id", sa.BigInteger, comment=comment))


def create_answers() -> None:
    op.create_table(
        "sightings",
        sa.Column("chat_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("file", sa.String(64), primary_key=True, comment="Telegram's file_unique_id of a photo or a voice"),
        sa.Column("owner_id", sa.BigInteger, nullable=False, comment="who posted it first here"),
        sa.Column("message_id", sa.BigInteger, nullable=False, comment="in which they did"),
        sa.Column("seen_at", sa.Double, nullable=False),
    )
    op.create_table(
        "refusals",
        sa.Column("mark", sa.String(64), primary_key=True, comment="keyed hash of what nobody else may use"),
        sa.Column("owner", sa.String(64), nullable=False, comment="keyed hash of who said no"),
        sa.Column("refused_at", sa.Double, nullable=False),
    )
    op.create_index("refusals_owner", "refusals", ["owner"])
    op.create_table(
        "likenesses",
        sa.Column("chat_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("owner_id", sa.BigInteger, primary_key=True, autoincrement=False, comment="who said no"),
        sa.Column("likeness", sa.String(16), primary_key=True, comment="of the refused picture, by its look; in hex"),
        sa.Column("refused_at", sa.Double, nullable=False),
    )
    op.create_table(
        "opt_outs",
        sa.Column("person", sa.String(64), primary_key=True, comment="keyed hash of somebody whom nobody else may use"),
        sa.Column("since", sa.Double, nullable=False),
    )


def create_shown() -> None:
    op.create_table(
        "stickers",
        sa.Column("file_id", sa.String(256), primary_key=True, comment="by which Telegram takes it out of its set"),
        sa.Column("chat_id", sa.BigInteger, nullable=False, comment="whose set it stands in; 0 once it must go"),
        sa.Column("portrait_owner_id", sa.BigInteger, comment="whose face it shows"),
        sa.Column("made_at", sa.Double, nullable=False),
    )
    op.create_table(
        "showings",
        sa.Column("chat_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False, comment="of the message in the chat"),
        sa.Column("render_id", sa.String(32), primary_key=True, comment="whose video it shows, in whatever format"),
        sa.Column("shown_at", sa.Double, nullable=False),
    )
    op.create_index("showings_render", "showings", ["render_id"])

"""What was answered is one thing, what waits for it another: who asked may go, and the answer stays.

An answer is by owner, too: what one member allows says nothing of another one's photo.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "wishes",
        sa.Column("chat_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("question", sa.String(64), primary_key=True, comment="that must be answered first"),
        sa.Column("asker_id", sa.BigInteger, primary_key=True, autoincrement=False, comment="who wants to use it"),
        sa.Column("body", sa.Text, nullable=False, comment="the update that wants it, as JSON, handled again then"),
        sa.Column("wished_at", sa.Double, nullable=False),
    )
    op.execute(
        "INSERT INTO wishes (chat_id, question, asker_id, body, wished_at) "
        "SELECT chat_id, photo, asker_id, '{\"message\": ' || asker_message || '}', asked_at FROM consents "
        "WHERE asker_message IS NOT NULL"
    )
    op.create_table(
        "answers",
        sa.Column("chat_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("file", sa.String(64), primary_key=True, comment="Telegram's file_unique_id of a photo or a voice"),
        sa.Column("owner_id", sa.BigInteger, primary_key=True, autoincrement=False, comment="who is asked"),
        sa.Column("kind", sa.String(8), nullable=False, comment="photo or voice"),
        sa.Column(
            "question", sa.String(64), nullable=False, comment="by which buttons call it; several files share one"
        ),
        sa.Column("answer", sa.String(8), comment="allow or no; vouched, where the owner cannot be asked"),
        sa.Column("asked_at", sa.Double, nullable=False),
        sa.Column("sent_at", sa.Double, comment="when the question was sent; empty: a kill came between"),
    )
    op.execute(
        "INSERT INTO answers (chat_id, file, owner_id, kind, question, answer, asked_at, sent_at) "
        "SELECT chat_id, photo, owner_id, 'photo', photo, answer, asked_at, asked_at FROM consents"
    )
    op.drop_table("consents")
    op.rename_table("answers", "consents")
    op.create_index("consents_question", "consents", ["chat_id", "question"])

"""A question is known by its message, to be edited when its owner leaves; a saved face knows when it last spoke."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.add_column("cast", sa.Column("used_at", sa.Double, comment="when a video was last asked for with it"))
    op.add_column("consents", sa.Column("message_id", sa.BigInteger, comment="of the question, in its chat"))

"""documents"""

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Filled by its context."""


def downgrade() -> None:
    """Filled by its context."""

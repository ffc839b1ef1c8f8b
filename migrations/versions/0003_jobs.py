"""jobs"""

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Filled by its context."""


def downgrade() -> None:
    """Filled by its context."""

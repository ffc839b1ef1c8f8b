"""usage"""

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Filled by its context."""


def downgrade() -> None:
    """Filled by its context."""

"""files"""

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Filled by its context."""


def downgrade() -> None:
    """Filled by its context."""

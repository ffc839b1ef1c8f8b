"""identity"""

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Filled by its context."""


def downgrade() -> None:
    """Filled by its context."""

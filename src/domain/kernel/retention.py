"""How long things are kept, by what they are; each workspace may change the numbers."""

from enum import StrEnum


class RetentionClass(StrEnum):
    RAW_INPUT = "raw_input"  # what people gave us: sheets, pictures, videos
    ARTIFACT = "artifact"  # what we made of it
    LOG = "log"  # how that went: finished jobs and their events
    BULK_ZIP = "bulk_zip"  # bundles that can be built again

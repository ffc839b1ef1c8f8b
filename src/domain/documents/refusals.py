"""Why a file is not accepted as a template; each code says which of the many ways it is."""

from domain.kernel.errors import Invalid, TooLarge


class TemplateTooLarge(TooLarge):
    """More bytes than a template may have; facts: `limit`."""

    code = "documents.template-too-large"


class TemplateRefused(Invalid):
    """The file cannot be a template as it is."""


class TemplateEmpty(TemplateRefused):
    code = "documents.template-empty"


class TemplateIsLegacyDoc(TemplateRefused):
    code = "documents.template-legacy-doc"


class TemplateEncrypted(TemplateRefused):
    code = "documents.template-encrypted"


class TemplateIsOtherFormat(TemplateRefused):
    """Facts: `format`, what it is instead."""

    code = "documents.template-other-format"


class TemplateHasMacros(TemplateRefused):
    code = "documents.template-macros"


class ArchiveDamaged(TemplateRefused):
    """Facts: `member`, where known."""

    code = "documents.template-damaged"


class ArchiveHostile(TemplateRefused):
    """Built to harm whoever unpacks it; facts: `reason` and, where known, `member`."""

    code = "documents.template-hostile"


class ArchiveBomb(TemplateRefused):
    """Unpacks to more than it may; facts: `reason`, `limit`."""

    code = "documents.template-bomb"


class PartHasDtd(TemplateRefused):
    code = "documents.template-dtd"


class PartUnreadable(TemplateRefused):
    """A part is not well-formed XML, or nested beyond reason; facts: `part`."""

    code = "documents.template-part-unreadable"


class DocumentPartMissing(TemplateRefused):
    code = "documents.template-no-document"


class TemplateHasChunks(TemplateRefused):
    """Holds other documents that Word would merge on opening (altChunk, subDoc); facts: `part`."""

    code = "documents.template-chunks"


class TemplateHasTooManyTags(TemplateRefused):
    """Facts: `limit`."""

    code = "documents.too-many-tags"

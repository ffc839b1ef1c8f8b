"""Every resource of the Documents product."""

from typing import Final

from entrypoints.http.bulk_rows import BulkRowsController
from entrypoints.http.bulk_runs import BulkRunsController
from entrypoints.http.fills import FillsController
from entrypoints.http.sheets import SheetsController
from entrypoints.http.template_versions import TemplateVersionsController
from entrypoints.http.templates import TemplatesController

DOCUMENT_RESOURCES: Final = (
    TemplatesController,
    TemplateVersionsController,
    FillsController,
    SheetsController,
    BulkRunsController,
    BulkRowsController,
)

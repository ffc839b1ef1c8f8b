"""Programs that run in child processes, behind walls; their parents know them by name only."""

DOCUMENTS = "entrypoints.children.documents:methods"
SPEECH = "entrypoints.children.speech:methods"
PAGES = "entrypoints.children.pages:methods"
MEDIA = "entrypoints.children.media:methods"
TEXTS = "entrypoints.children.texts:methods"

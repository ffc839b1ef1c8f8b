"""The intermediate form of a DOCX: what a page needs, with the template's open places left open."""

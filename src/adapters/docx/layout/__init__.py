"""Reads a checked, marked DOCX into the layout that the page engines take."""

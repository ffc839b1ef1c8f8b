"""Prints Markdown pages: as one HTML file, as Word document, as PDF, and bundles them."""

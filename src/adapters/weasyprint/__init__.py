"""PDF by WeasyPrint, and the HTML it is made from, which is also the preview."""

"""PDF by LibreOffice, where it is installed: slow, close to Word, and kept behind walls."""

"""Finds what a template asks to be filled, whatever its syntax, and marks it in the XML."""

"""Fonts: those shipped with us, those of the system, and what both measure."""

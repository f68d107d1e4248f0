"""Whole networks from files: read, checked whole against what is known, then sent in one transaction or not at all."""

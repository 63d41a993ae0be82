"""Pieces of Markdown: fences, tables, labels."""

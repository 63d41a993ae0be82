"""Mermaid diagrams as drawings."""

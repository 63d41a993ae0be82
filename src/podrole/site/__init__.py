"""The site: MkDocs hooks and the plain functions that they call.

Nothing but `builders.hooks` imports MkDocs, so that another site builder can call the same
functions: notebooks become Markdown (`pages.notebook_page`), the catalogue's markers its snippets
(`pages.catalogue_page`), and Mermaid fences inline SVG (`diagrams.diagram`).
"""

"""The site: MkDocs hooks and the plain functions that they call.

Nothing but `hooks` imports MkDocs, so that another site builder can call the same functions:
notebooks and catalogue markers become Markdown (`notebook_page`, `catalog_marker`), Mermaid fences
become inline SVG (`diagram`).
"""

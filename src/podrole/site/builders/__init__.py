"""The programs that build the site: MkDocs by its hooks, and Zensical."""

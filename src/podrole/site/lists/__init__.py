"""The lists of all pages, and the files beside them."""

"""What becomes a page: notebooks, snippets, data, markers."""

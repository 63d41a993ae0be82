"""All that the site is built from."""

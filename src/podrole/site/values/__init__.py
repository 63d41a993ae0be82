"""Where the reader's own values stand in a page."""

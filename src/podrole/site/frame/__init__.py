"""What stands around the text of each built page."""

"""What CloudTrail would record of each call."""

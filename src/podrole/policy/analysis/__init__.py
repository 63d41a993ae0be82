"""Questions about policies as a whole: what they grant, and to whom."""

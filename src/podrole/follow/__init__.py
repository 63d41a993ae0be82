"""`podrole follow`: a page's blocks, typed by the real tools into a lab made new."""

"""A network and a file system of its own for a program, in which AWS's addresses are real."""

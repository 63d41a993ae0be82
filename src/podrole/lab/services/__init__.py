"""The AWS services of the lab, one module or folder each."""

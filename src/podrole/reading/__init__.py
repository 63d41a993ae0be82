"""Reads what outsiders give, in bounded time and memory: text files, JSON and YAML.

Every command reads by these functions, and nothing else here opens a file that someone hands in.
"""

from podrole.reading.error import Limits, ReadingError
from podrole.reading.json_document import check_depth, read_json
from podrole.reading.text_file import read_blocks, read_lines, read_text

__all__ = [
    "Limits",
    "ReadingError",
    "check_depth",
    "read_blocks",
    "read_json",
    "read_lines",
    "read_text",
]

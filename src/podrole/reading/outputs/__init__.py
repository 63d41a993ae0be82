"""What tools have written, recognised by its form: JSON, YAML, tables, descriptions, errors.

`read_outputs` takes a text apart; `policies_in` finds the policies in what it has read. Every
command reads by these.
"""

from podrole.reading.outputs.output import Output
from podrole.reading.outputs.policies import HeldPolicy, policies_in, policy_text
from podrole.reading.outputs.reader import EMPTY, NO_OUTPUT, read_outputs

__all__ = [
    "EMPTY",
    "NO_OUTPUT",
    "HeldPolicy",
    "Output",
    "policies_in",
    "policy_text",
    "read_outputs",
]

"""How the node's metadata service meets a pod.

EC2 API reference, MetadataOptions; EC2 user guide, "Query instance metadata options" for the 403
(checked 2026-11-29).
"""

#: `hop-limit`: 1 hop, so the answer with a token never reaches a pod, and nothing is told without a
#: token; `open`: 2 hops, a pod gets the node's role; `silent`: something drops all packets; `off`:
#: the service is disabled.
METADATA_MODES = ("hop-limit", "open", "silent", "off")


class Silence(ConnectionError):
    """No answer comes, and the connection stays: the client has to give up by itself."""

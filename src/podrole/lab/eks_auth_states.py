"""How EKS Auth meets the agents of nodes, and how long an agent tries before it says so.

The agent asks three times with a second's patience each. Statuses and times: aws/eks-pod-identity-
agent d4dc0f3 (0.1.37), run on 2026-11-28 beside an EKS Auth that throttled, refused connections, or
took them and said nothing.
"""

#: `down`: nothing listens; `hanging`: it takes the connection and says nothing.
EKS_AUTH_STATES = ("up", "down", "hanging")
#: Seconds from the pod's request to the agent's refusal.
SECONDS = {"throttled": 2.7, "down": 2.8, "hanging": 7.2}
#: A list in a WSGI environment, to which the agent adds how many seconds its answer takes. A door
#: lets them pass, or tells a client with less patience that time is up.
TAKES = "podrole.takes"


class Unreached(Exception):
    """EKS Auth does not answer the agent; the argument is its state."""

"""The addresses at which each node of EC2 and EKS answers its pods."""

AGENT_ADDRESSES = ("169.254.170.23", "fd00:ec2::23")
AGENT_URL = f"http://{AGENT_ADDRESSES[0]}/v1/credentials"
METADATA_ADDRESSES = ("169.254.169.254", "fd00:ec2::254")

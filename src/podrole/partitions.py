"""AWS's partitions: which one a Region is in, and how host names end there.

Source: botocore 1.44.8, partitions.json; a test holds this table against the lock's (2026-11-28).
That a cluster's issuer ends as other hosts of its partition do is documented for commercial
Regions, GovCloud and China (`.amazonaws.com.cn`), and inferred for the others.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Partition:
    """One partition: its id in ARNs, its Regions, and the end of its host names."""

    id: str
    regions: re.Pattern[str]
    dns_suffix: str
    example: str  # a Region


PARTITIONS = tuple(
    Partition(identifier, re.compile(regions), suffix, example)
    for identifier, regions, suffix, example in (
        ("aws-cn", r"cn-[a-z]+-[0-9]+", "amazonaws.com.cn", "cn-north-1"),
        ("aws-us-gov", r"us-gov-[a-z]+-[0-9]+", "amazonaws.com", "us-gov-west-1"),
        ("aws-eusc", r"eusc-[a-z]+-[a-z]+-[0-9]+", "amazonaws.eu", "eusc-de-east-1"),
        ("aws-iso", r"us-iso-[a-z]+-[0-9]+", "c2s.ic.gov", "us-iso-east-1"),
        ("aws-iso-b", r"us-isob-[a-z]+-[0-9]+", "sc2s.sgov.gov", "us-isob-east-1"),
        ("aws-iso-e", r"eu-isoe-[a-z]+-[0-9]+", "cloud.adc-e.uk", "eu-isoe-west-1"),
        ("aws-iso-f", r"us-isof-[a-z]+-[0-9]+", "csp.hci.ic.gov", "us-isof-south-1"),
        ("aws", r"(us|eu|ap|sa|ca|me|af|il|mx)-[a-z]+-[0-9]+", "amazonaws.com", "us-west-2"),
    )
)


def of_region(region: str) -> Partition | None:
    """The partition of a Region, None for one whose form no partition has."""
    return next((one for one in PARTITIONS if one.regions.fullmatch(region)), None)


def host_suffix(region: str) -> str:
    """How host names of a Region's services end; `amazonaws.com` if no partition has its form."""
    partition = of_region(region)
    return partition.dns_suffix if partition else "amazonaws.com"

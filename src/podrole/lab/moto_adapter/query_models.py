"""Models of services in the query protocol, which moto keeps where botocore has dropped it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import moto.core.loaders
from botocore.model import ServiceModel


@cache
def query_model(service: str) -> ServiceModel:
    """The query protocol of a service whose model in botocore has become JSON's: moto kept it."""
    document = _in_query(moto.core.loaders.create_loader().load_service_model(service, "service-2"))
    document["metadata"] |= {"protocol": "query", "protocols": ["query"]}
    return ServiceModel(document, service)


def _in_query(part: Any) -> Any:
    if isinstance(part, Mapping):
        changed = {name: _in_query(value) for name, value in part.items()}
        if "locationNameForQueryCompatibility" in changed:
            changed["locationName"] = changed["locationNameForQueryCompatibility"]
        return changed
    return [_in_query(item) for item in part] if isinstance(part, list) else part

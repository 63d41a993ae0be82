"""botocore's models of AWS's services: their operations, and shapes of parameters and results."""

from __future__ import annotations

from functools import cache
from typing import Any

import botocore.loaders
from botocore.model import ServiceModel

#: botocore's names of those that it calls otherwise.
_MODELS = {"access-analyzer": "accessanalyzer"}


@cache
def service_model(service: str) -> ServiceModel:
    """botocore's model of a service, which has the name that requests are signed with."""
    model = _loader().load_service_model(_MODELS.get(service, service), "service-2")
    return ServiceModel(model, service)


@cache
def _loader() -> Any:
    """botocore's loader of models, which keeps what it has read."""
    return botocore.loaders.create_loader()

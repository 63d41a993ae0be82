"""The API server, with the namespace and the service account that most tests begin with."""

from __future__ import annotations

import pytest

from podrole.lab import Lab
from tests.lab.kubernetes.api import Api


@pytest.fixture
def api(lab: Lab) -> Api:
    server = Api(lab)
    server("POST", "/api/v1/namespaces", {"metadata": {"name": "orders"}})
    account = {"metadata": {"name": "orders-api"}}
    server("POST", "/api/v1/namespaces/orders/serviceaccounts", account)
    return server

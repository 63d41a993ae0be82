from pathlib import Path

import pytest

from tests.site.site_build import built_once


@pytest.fixture(scope="session")
def built_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built once from the repository as it is."""
    return built_once(tmp_path_factory.getbasetemp())

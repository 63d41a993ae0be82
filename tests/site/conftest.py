from pathlib import Path

import pytest

from tests.site.site_build import REPOSITORY, build_site


@pytest.fixture(scope="session")
def built_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built once from the repository as it is."""
    target = tmp_path_factory.mktemp("built") / "site"
    result = build_site(REPOSITORY, target)
    assert result.returncode == 0, f"the site does not build:\n{result.stdout}{result.stderr}"
    return target

import os
import subprocess
import sys

import pytest

from classifier.errors import InputError
from classifier.jobs.predict.cluster import session
from classifier.jobs.predict.cluster.session import QUIET, check_ray, connected, import_ray


def test_a_missing_package_is_one_line_that_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"--engine ray needs Ray\.\nFix: .*article-classifier\[ray\]"):
        check_ray()
    with pytest.raises(InputError, match=r"needs Ray"), connected(None):
        raise AssertionError


def test_the_environment_stays_as_it_was() -> None:
    pytest.importorskip("ray", reason="Ray is not installed: pip install 'article-classifier[ray]'")
    before = dict(os.environ)
    import_ray()
    assert dict(os.environ) == before


def test_a_cluster_that_is_not_there_is_one_line() -> None:
    pytest.importorskip("ray", reason="Ray is not installed: pip install 'article-classifier[ray]'")
    code = (
        "from classifier.jobs.predict.cluster.session import connected\n"
        "from classifier.errors import InputError\n"
        "try:\n"
        "    with connected('auto'): pass\n"
        "except InputError as error:\n"
        "    print(error)\n"
    )
    environment = {name: value for name, value in os.environ.items() if name != "RAY_ADDRESS"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, timeout=120)
    assert done.stdout.startswith("There is no Ray cluster to connect to at 'auto': ")
    assert "Fix: Start one: ray start --head" in done.stdout
    assert not done.stderr


def test_every_name_of_the_environment_is_one_of_ray() -> None:
    assert all(name.startswith("RAY_") for name in QUIET)

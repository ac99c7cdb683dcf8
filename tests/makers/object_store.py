"""An object store with the interface of S3 on this machine, for as long as a test lasts."""

from __future__ import annotations

import importlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

import pytest

LACKS = "s3fs or moto is not installed: pip install s3fs 'moto[server]'"


@contextmanager
def s3_store(bucket: str) -> Iterator[Any]:
    """A store with an empty bucket, which this process and those that it starts find under ``s3://``."""
    if not all(map(find_spec, ("s3fs", "moto", "flask"))):
        pytest.skip(LACKS)
    import fsspec

    server = importlib.import_module("moto.server").ThreadedMotoServer(port=0, verbose=False)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {
            "AWS_ENDPOINT_URL": f"http://{'localhost' if host == '0.0.0.0' else host}:{port}",
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_DEFAULT_REGION": "us-east-1",
        }.items():
            patch.setenv(name, value)
        store = fsspec.filesystem("s3", skip_instance_cache=True, use_listings_cache=False)
        store.mkdir(bucket)
        try:
            yield store
        finally:
            server.stop()
            type(store).clear_instance_cache()

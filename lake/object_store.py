"""A local S3 server in this process (moto)."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING
from uuid import uuid4

import boto3
from moto.server import ThreadedMotoServer

if TYPE_CHECKING:
    from collections.abc import Generator


@contextmanager
def running_s3() -> Generator[tuple[str, dict[str, str]]]:
    """Run the server, with an empty bucket.

    Yields:
        The URL of the bucket, and the environment variables with which programs access it.
    """
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # it logs every request
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        environment = {
            "AWS_ENDPOINT_URL": f"http://{host}:{port}",
            "AWS_ALLOW_HTTP": "true",  # otherwise delta-rs refuses http
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
        }
        client = boto3.client(
            "s3",
            endpoint_url=environment["AWS_ENDPOINT_URL"],
            aws_access_key_id="key",
            aws_secret_access_key="secret",  # noqa: S106 - moto takes any
            region_name="us-east-1",
        )
        name = f"lake-{uuid4().hex}"  # all servers of a process share their buckets
        client.create_bucket(Bucket=name)
        yield f"s3://{name}", environment
    finally:
        server.stop()

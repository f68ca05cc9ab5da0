"""A local S3 server (moto) that can be stopped and started by commands on stdin.

Runs with the Python of examples/dagster/.venv-meltano, which has moto. Each line of stdin is
`stop` or `start`; stored objects are kept.
"""

import os
import sys
from importlib import import_module

HOST = "127.0.0.1"
BUCKET = "intercom-fleet"


def main() -> None:
    """Serve until stdin ends."""
    # only installed in the environment of this process; others import the constants
    boto3 = import_module("boto3")
    server_class = import_module("moto.server").ThreadedMotoServer

    port = int(sys.argv[1])
    server = server_class(HOST, port=port, verbose=False)
    server.start()
    os.environ.update(AWS_ACCESS_KEY_ID="fleet", AWS_SECRET_ACCESS_KEY="fleet")  # noqa: S106 - of moto
    client = boto3.client("s3", endpoint_url=f"http://{HOST}:{port}", region_name="us-east-1")
    client.create_bucket(Bucket=BUCKET)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for line in sys.stdin:
        if line.strip() == "stop":
            server.stop()
        else:
            server = server_class(HOST, port=port, verbose=False)
            server.start()
        sys.stdout.write("done\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()

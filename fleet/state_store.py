"""A local S3 server (moto) that can be stopped and started by commands on stdin.

Run by the Python of examples/dagster/.venv-meltano, which has moto. Each line of stdin is `stop`,
`start` or `count`; the stored data is kept. After `stop`, connections are closed at once. The
response to each line is the number of connections that were closed.
"""

import os
import socket
import sys
import threading
from contextlib import suppress
from importlib import import_module

HOST = "127.0.0.1"
BUCKET = "intercom-fleet"


class ConnectionCloser:
    """Listens in place of the server and closes every connection.

    Args:
        port: The port.
    """

    def __init__(self, port: int) -> None:
        self.count = 0
        self._socket = socket.create_server((HOST, port), backlog=64)
        self._thread = threading.Thread(target=self._close_connections, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop listening."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)  # wakes the thread
        self._thread.join()
        self._socket.close()

    def _close_connections(self) -> None:
        with suppress(OSError):
            while True:
                self._socket.accept()[0].close()
                self.count += 1


def main() -> None:
    """Serve until stdin ends."""
    # only installed in the environment of this process; others import the constants
    boto3 = import_module("boto3")
    server_class = import_module("moto.server").ThreadedMotoServer

    port = int(sys.argv[1])
    server = server_class(HOST, port=port, verbose=False)
    server.start()
    os.environ.update(AWS_ACCESS_KEY_ID="fleet", AWS_SECRET_ACCESS_KEY="fleet")  # noqa: S106 - moto accepts any
    client = boto3.client("s3", endpoint_url=f"http://{HOST}:{port}", region_name="us-east-1")
    client.create_bucket(Bucket=BUCKET)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    closer = None
    for line in sys.stdin:
        command = line.strip()
        if command == "stop":
            server.stop()
            closer = ConnectionCloser(port)
        elif command == "start" and closer:
            closer.stop()
            server = server_class(HOST, port=port, verbose=False)
            server.start()
        sys.stdout.write(f"{closer.count if closer else 0}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()

"""The key set on the web: served by the suite over HTTP, or over https with its own authority."""

from __future__ import annotations

import functools
import http.server
import ssl
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

from qaws.runtime.certificates import Certificates
from qaws.verdict import Broken

HOST = "127.0.0.1"
LONGEST_S = 10.0
"""How long one who asks may take to ask, in seconds."""


class KeyServer:
    """Serves the key sets of a folder, as they are when somebody asks, and notes who has asked.

    Attributes:
        fetched_ns: when a key set was served, one entry each time (`time.monotonic_ns()`).
    """

    def __init__(
        self, folder: Path, path: str, port: int = 0, certificates: Certificates | None = None
    ) -> None:
        """Listen on this machine, and serve until `close`.

        Args:
            folder: where the key sets are.
            path: where `jwks.json` is served; other sets are served beside it by their own name.
            port: 0 for any free one.
            certificates: what is shown to those who ask; None for HTTP without TLS.

        Raises:
            Broken: the port is taken.
        """
        self.fetched_ns: list[int] = []
        self._path, self._secure = path, certificates is not None
        handler = functools.partial(_Handler, self, folder)
        try:
            self._server = http.server.ThreadingHTTPServer((HOST, port), handler)
        except OSError as problem:
            raise Broken(
                f"[auth] key_set_port = {port}: cannot be listened on ({problem.strerror}); end "
                "what has it, or choose another"
            ) from None
        if certificates:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificates.certificate, certificates.key)
            # The handshake is done by the thread of whoever asks, so that nobody holds up others.
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def url(self, file: Path) -> str:
        """Return the address of one of the key sets."""
        scheme = "https" if self._secure else "http"
        return f"{scheme}://{HOST}:{self._server.server_port}{self._place(file)}"

    def _place(self, file: Path) -> str:
        folder = self._path.rpartition("/")[0]
        return self._path if file.name == "jwks.json" else f"{folder}/{file.name}"

    def file_at(self, folder: Path, path: str) -> Path | None:
        """Return the key set at a path; None where there is none."""
        known = folder.glob("jwks*.json")
        return next((file for file in known if self._place(file) == urlsplit(path).path), None)

    def close(self) -> None:
        """Serve nobody any more."""
        self._server.shutdown()
        self._server.server_close()


class _Handler(http.server.BaseHTTPRequestHandler):
    timeout = LONGEST_S

    def __init__(self, owner: KeyServer, folder: Path, *args: object) -> None:
        self._owner, self._folder = owner, folder
        super().__init__(*args)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        """Serve a key set."""
        file = self._owner.file_at(self._folder, self.path)
        if file is None:
            self.send_error(404)
            return
        body = file.read_bytes()
        self._owner.fetched_ns.append(time.monotonic_ns())
        self.send_response(200)
        self.send_header("Content-Type", "application/jwk-set+json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "max-age=1")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing on the console."""

"""What is asked before a connection: an HTTP server that answers as the test says."""

import itertools
import json
import ssl
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Question:
    """What somebody asked."""

    method: str
    path: str
    headers: dict[str, str]
    body: str


@dataclass
class TicketOffice:
    """Answers whoever comes; `answer` returns status, headers and body for a question.

    Unless a test says otherwise, each bearer of a token gets a ticket of its own, and nobody else.
    """

    questions: list[Question] = field(default_factory=list)
    port: int = 0
    tls: ssl.SSLContext | None = None

    def __post_init__(self):
        self._numbers = itertools.count(1)

    @property
    def url(self):
        return f"http{'s' if self.tls else ''}://127.0.0.1:{self.port}/ticket"

    def answer(self, question):
        if not question.headers.get("authorization", "").startswith("Bearer good"):
            return 401, {"WWW-Authenticate": "Bearer"}, "who are you?"
        return 201, {}, json.dumps({"data": {"ticket": f"ticket-{next(self._numbers):04}-single"}})

    def __enter__(self):
        office = self

        class Handler(BaseHTTPRequestHandler):
            def _answer(self):
                length = int(self.headers.get("content-length") or 0)
                body = self.rfile.read(length).decode("utf-8", "replace")
                headers = {name.lower(): value for name, value in self.headers.items()}
                asked = Question(self.command, self.path, headers, body)
                office.questions.append(asked)
                answer = office.answer(asked)
                if answer is None:
                    self.connection.close()
                    return
                status, headers, body = answer
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body.encode())

            do_POST = do_GET = do_PUT = _answer

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        if self.tls:
            self._server.socket = self.tls.wrap_socket(self._server.socket, server_side=True)
        self._server.handle_error = lambda *_: None
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()

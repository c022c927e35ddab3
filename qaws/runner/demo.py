"""`make demo`: broker, service and generator at work, and an address for any WebSocket client."""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path

from qaws import places
from qaws.protocol.credentials import credentials
from qaws.runtime.process import ManagedProcess
from qaws.runtime.timeout_factor import timeout_factor_of
from qaws.sut.target_file import read_target
from qaws.testbed.testbed import Testbed
from qaws.verdict import Broken

LOGS = Path("reports/demo")
SUBSCRIPTIONS = (
    '{"action":"subscribe","symbols":["NIFTY"]}',
    '{"action":"subscribe","instruments":[256265]}',
    '{"action":"subscribe","symbol":"NIFTY","type":"underlying"}',
)


def main() -> int:
    """Run until Ctrl-C, SIGTERM, or the end of a part; return the exit code."""
    over = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: over.set())
    try:
        target = read_target(Path(os.environ.get("QAWS_TARGET") or places.default_target()))
        if target.demo is None:
            raise Broken(f"{target.file}: has no [demo] section; name its generator there")
        if target.before_connect:
            raise Broken(
                f"{target.file}: [before_connect]: no address can be shown that opens by itself; "
                "leave out [demo]"
            )
        testbed = Testbed(target, LOGS, timeout_factor_of())
    except Broken as problem:
        print(f"demo: {problem}", file=sys.stderr)
        return 1
    generator = None
    try:
        service = testbed.use_service()
        values = {"port": str(service.port), **testbed.placeholders}
        command = [text.format(**values) for text in target.demo.generator]
        generator = ManagedProcess("the generator", command, LOGS / "generator.log")
        auth = target.auth
        address, _ = credentials(
            service.url, testbed.tokens.valid(), "query parameter", auth.query_parameter
        )
        print(_page(address), flush=True)
        while not over.wait(0.5):
            service.require_alive()
            if (code := generator.exit_code()) is not None:
                last = generator.last_line()
                raise Broken(f"the generator ended with exit code {code}: {last}")
    except Broken as problem:
        print(f"demo: {problem}", file=sys.stderr)
        return 1
    finally:
        if generator:
            generator.stop()
        testbed.stop()
    print("\ndemo: everything has ended")
    return 0


def _page(address: str) -> str:
    sends = "\n".join(f"    {line}" for line in SUBSCRIPTIONS)
    return f"""
Ticks are flowing. Connect any WebSocket client to (the token is good for an hour):

    {address}

for instance with one that came with the suite, and then send one of these lines:

    .venv/bin/websockets '{address}'

{sends}

Logs are in {LOGS}. Ctrl-C ends everything."""


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env bash
# SWI-Prolog's websocket: a keepalive that comes between two parts of a message cuts the line, and of two ticks in one message the second is not there.
#
# Expected: RFC 6455, 5.4: "Control frames MAY be injected in the middle of a fragmented message", and an endpoint must be able to handle them. ws_receive/3 with format(json) gives the
#   message, and raises an error if it is more, or less, than one JSON text.
# Seen: websocket.pl of SWI-Prolog 9.0.4 answers a ping between messages. Between the parts of one it takes it for an "unexpected package": the read ends with an I/O error, and what follows
#   is read from the middle, as binary data that is masked still; the handler ends, and the client is told 1011 or nothing (1006). A pong there is taken. With format(json) one term is read and
#   the rest of the message is thrown away, whatever it is: of lines of JSON the first one counts.
# Why it matters: a large message is sent in parts, and clients ping by a clock: the larger and slower the snapshot, the surer the cut, and never in a test on loopback. Ticks joined by
#   newlines in one message are usual when it is busy: with one in a message all is well.
# Way to live with it: senders that do not cut messages, or do not ping while they send; strings, split at newlines, and json_read_dict for each. In tests a ping between two parts, and two
#   texts in a message.
# Versions: swi-prolog-core and swi-prolog-core-packages 9.0.4+dfsg-2 (Debian 12), websockets 17.4, Python 3.11.7. Seen from outside; the source was not read.
#
# Output seen (what the handler got; how the client ended):
#   snap, shot, two             snapshot, two, close             1000
#   snap, a pong, shot, two     snapshot, two, close             1000
#   snap, a ping, shot, two     nothing                          cut
#   {"p": 1}, {"p": 2}          {p:1}, {p:2}, close              1000
#   {"p": 1}\n{"p": 2}          {p:1}, close                     1000
set -euo pipefail
[[ $(swipl --version 2>/dev/null) == *"version 9.0.4"* ]] && [[ -e /usr/lib/swi-prolog/library/http/websocket.pl ]] \
  || { echo "needs Debian 12 and apt-get install swi-prolog-core swi-prolog-core-packages, for SWI-Prolog 9.0.4" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check websockets==17.4 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > server.pl <<'SERVER'
:- use_module(library(http/http_dispatch)).
:- use_module(library(http/thread_httpd)).
:- use_module(library(http/websocket)).

:- http_handler('/string', http_upgrade_to_websocket(listen([]), []), [spawn([])]).
:- http_handler('/json', http_upgrade_to_websocket(listen([format(json)]), []), [spawn([])]).

listen(Options, Line) :-
    ws_receive(Line, Message, Options),
    (   Message.opcode == close
    ->  told(close)
    ;   told(Message.data),
        listen(Options, Line)
    ).

told(What) :-
    (   is_dict(What) -> dict_pairs(What, _, Pairs), forall(member(K-V, Pairs), format("{~w:~w}~n", [K, V])) ; format("~w~n", [What]) ),
    flush_output.

main :-
    current_prolog_flag(argv, [Text|_]),
    atom_number(Text, Port),
    http_server(http_dispatch, [port(localhost:Port)]),
    thread_get_message(end).

:- initialization(main, main).
SERVER
cat > probe.py <<'PROBE'
import asyncio
import contextlib
import socket
import sys

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed


def parts(line, control):
    async def pieces():
        yield "snap"
        if control:
            await getattr(line, control)("k")
        yield "shot"
    return pieces()


async def main():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with open("errors.log", "w") as errors:
        server = await asyncio.create_subprocess_exec("swipl", "server.pl", str(port), stdout=asyncio.subprocess.PIPE, stderr=errors)
    right = True
    try:
        for _ in range(100):
            with contextlib.suppress(OSError):
                (await asyncio.open_connection("127.0.0.1", port))[1].close()
                break
            await asyncio.sleep(0.1)
        for name, path, messages, expected in (
            ("snap, shot, two", "string", [None, "two"], "snapshot, two, close 1000"),
            ("snap, a pong, shot, two", "string", ["pong", "two"], "snapshot, two, close 1000"),
            ("snap, a ping, shot, two", "string", ["ping", "two"], "nothing cut"),
            ('{"p": 1}, {"p": 2}', "json", ['{"p": 1}', '{"p": 2}'], "{p:1}, {p:2}, close 1000"),
            ('{"p": 1}\\n{"p": 2}', "json", ['{"p": 1}\n{"p": 2}'], "{p:1}, close 1000"),
        ):
            line = await connect(f"ws://127.0.0.1:{port}/{path}")
            with contextlib.suppress(ConnectionClosed):
                for message in messages:
                    await line.send(message if path == "json" or message == "two" else parts(line, message))
                await asyncio.sleep(0.5)
            await line.close()
            await asyncio.sleep(0.2)
            heard = []
            with contextlib.suppress(asyncio.TimeoutError):
                while True:
                    heard.append((await asyncio.wait_for(server.stdout.readline(), 0.3)).decode().strip())
            got, end = ", ".join(heard) or "nothing", "cut" if line.close_code in (1006, 1011) else str(line.close_code)
            print(f"{name:27} {got:32} {end}")
            right = right and f"{got} {end}" == expected
    finally:
        server.terminate()
        await server.wait()
    if not right:
        sys.exit("not as described any more")


asyncio.run(main())
PROBE
timeout 60 venv/bin/python probe.py

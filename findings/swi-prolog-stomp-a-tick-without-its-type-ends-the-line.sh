#!/usr/bin/env bash
# SWI-Prolog's library(stomp): a message without content-type, or without content-length, ends the connection; and a feed that never pauses has "no heartbeat".
#
# Expected: STOMP 1.2: both headers "SHOULD" be there, and a body without content-length ends at the NUL. Any data that comes shows that the other side is alive: "heart-beat" timers
#   are about silence.
# Seen: library(stomp) of SWI-Prolog 9.0.4 reads a body only if both headers are there. Otherwise it cannot read the frame, says `disconnected` and closes the line: the tick is lost, and all that
#   follow; with reconnect(true) it comes back, for the next one. There is no message about why. A heartbeat is only an empty line, and not a message: while ticks come ten times a second, from a
#   broker that writes no newline behind a frame, the callback gets heartbeat_timeout again and again.
# Why it matters: content-type is what the sender gave, and many senders give none; brokers leave content-length out for text. The client works with the other feed, and in tests with stomp_send as the
#   sender, which sets both. Who reconnects at heartbeat_timeout cuts the line when it is busy, and never when it is quiet.
# Way to live with it: content-type and content-length at each sender (a gateway in front, if need be); at heartbeat_timeout a look at the time of the last message. In tests a message of each
#   sender, and a busy minute with heartbeats.
# Versions: swi-prolog-core and swi-prolog-core-packages 9.0.4+dfsg-2 (Debian 12), Python 3.11. Source: read_content/4 and process_frame/2 in library/stomp.pl. Nothing found about it.
#
# Output seen (three ticks each; the last two: 60 ticks in 6 s, heart-beat 500):
#   content-length and content-type    3 ticks
#   content-length only                disconnected, 0 ticks
#   content-type only                  disconnected, 0 ticks
#   neither                            disconnected, 0 ticks
#   busy, a newline behind each frame  60 ticks
#   busy, no newline                   60 ticks, heartbeat_timeout 2 times
set -euo pipefail
[[ $(swipl --version 2>/dev/null) == *"version 9.0.4"* ]] && [[ -e /usr/lib/swi-prolog/library/stomp.pl ]] \
  || { echo "needs Debian 12 and apt-get install swi-prolog-core swi-prolog-core-packages, for SWI-Prolog 9.0.4" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

cat > client.pl <<'CLIENT'
:- use_module(library(stomp)).

told(Event, _, _, Body) :-
    (   memberchk(Event, [message, disconnected, heartbeat_timeout])
    ->  format("~w ~w~n", [Event, Body]),
        flush_output
    ;   true
    ).

main :-
    current_prolog_flag(argv, [PortText, Beat, SecondsText]),
    atom_number(PortText, Port),
    atom_number(SecondsText, Seconds),
    (   Beat == no -> Headers = _{} ; Headers = _{'heart-beat': Beat} ),
    stomp_connection('127.0.0.1':Port, '/', Headers, told, Line),
    stomp_connect(Line),
    stomp_subscribe(Line, '/topic/ticks', 0, _{}),
    sleep(Seconds),
    halt.

:- initialization(main, main).
CLIENT
cat > probe.py <<'PROBE'
import asyncio
import sys


def message(number, headers):
    body = f"tick {number}"
    lines = ["MESSAGE", "destination:/topic/ticks", "subscription:0", f"message-id:{number}"]
    if "content-length" in headers:
        lines.append(f"content-length:{len(body)}")
    if "content-type" in headers:
        lines.append("content-type:text/plain")
    return "\n".join([*lines, "", body]).encode() + b"\0"


async def told(headers, end, beat, seconds, count):
    async def serve(reader, writer):
        try:
            while True:
                frame = (await reader.readuntil(b"\0")).lstrip(b"\n")
                if frame.startswith((b"CONNECT", b"STOMP")):
                    writer.write(b"CONNECTED\nversion:1.2\nheart-beat:500,0\n\n\0" + end)
                elif frame.startswith(b"SUBSCRIBE"):
                    for number in range(count):
                        writer.write(message(number, headers) + end)
                        await asyncio.sleep(0.1)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    command = ["swipl", "client.pl", str(server.sockets[0].getsockname()[1]), beat, str(seconds)]
    client = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE)
    out, error = await asyncio.wait_for(client.communicate(), 30)
    server.close()
    events = [line.split(" ")[0] for line in out.decode().splitlines()]
    timeouts = events.count("heartbeat_timeout")
    text = [*(["disconnected"] if "disconnected" in events else []), f"{events.count('message')} ticks"]
    return ", ".join([*text, *([f"heartbeat_timeout {timeouts} times"] if timeouts else [])]), error.decode()


async def main():
    both = ["content-length", "content-type"]
    seen = []
    for name, *case in (
        ("content-length and content-type", both, b"\n", "no", 1, 3),
        ("content-length only", both[:1], b"\n", "no", 1, 3),
        ("content-type only", both[1:], b"\n", "no", 1, 3),
        ("neither", [], b"\n", "no", 1, 3),
        ("busy, a newline behind each frame", both, b"\n", "0,500", 7, 60),
        ("busy, no newline", both, b"", "0,500", 7, 60),
    ):
        text, error = await told(*case)
        print(f"{name:34} {text}")
        sys.stderr.write(error)
        seen.append(text)
    if seen[:5] != ["3 ticks", *["disconnected, 0 ticks"] * 3, "60 ticks"] or not seen[5].startswith("60 ticks, heartbeat_timeout"):
        sys.exit("not as described any more")


asyncio.run(main())
PROBE
timeout 90 python3 probe.py

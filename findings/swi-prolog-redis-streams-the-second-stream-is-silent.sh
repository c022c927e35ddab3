#!/usr/bin/env bash
# SWI-Prolog's library(redis_streams): of two streams that xlisten/3 listens to, what comes in the one while a message of the other is handled is never delivered; five ticks of five are lost.
#
# Expected: "Provide an alternative to Redis' publish/subscribe API that ensures messages get delivered"; xlisten(Redis, [aapl, msft], [start($)]) gives all messages of both from now on, in turn.
# Seen: redis_streams of SWI-Prolog 9.0.4 asks with XREAD BLOCK ... aapl $ msft $. The answer has the streams that have a message; for those it goes on behind the last id, and for the others it asks with $ again:
#   from now on, which is later. Each message that came to msft while the ones of aapl were handled is skipped, and there is no sign of it. Two streams that are busy by turns lose what is not first. With one
#   stream, or with start(0), all is delivered. xlisten_group/5 starts at 0 and is not affected.
# Why it matters: one stream per symbol is the usual layout. In tests with handlers that take no time all arrives; with a database in the handler, and in the first busy minute, the quieter symbol stands still.
# Way to live with it: starts([Id1, Id2]) with the ids of XINFO STREAM, or 0-0 and an own check of the time; a consumer group; one thread for each stream. In tests a handler that sleeps 0.3 s.
# Versions: swi-prolog-core-packages 9.0.4+dfsg-2, redis-server 7.0.15 (Debian 12), Python 3.11. Source: set_start/6, copy_start/2 and listen_loop/7 in library/redis_streams.pl. Nothing found about it.
#
# Output seen (five ticks to each stream within 0.6 s):
#   both streams, the handler takes 0.3 s   aapl 5, msft 0
#   both streams, start(0)                  aapl 5, msft 5
#   a listener for each                     aapl 5, msft 5
set -euo pipefail
[[ $(swipl --version 2>/dev/null) == *"version 9.0.4"* ]] && [[ -e /usr/lib/swi-prolog/library/redis_streams.pl ]] && command -v dpkg-deb >/dev/null \
  || { echo "needs Debian 12 and apt-get install swi-prolog-core swi-prolog-core-packages, for SWI-Prolog 9.0.4" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -qq redis-server redis-tools libjemalloc2 liblzf1 libatomic1 liblua5.1-0 lua-bitop lua-cjson 2>apt.log || { cat apt.log >&2; exit 1; }
for package in *.deb; do dpkg-deb -x "$package" .; done
LIBRARIES=$(find "$PWD/usr/lib" -name '*.so*' -printf '%h\n' | sort -u | paste -sd:)
export LIBRARIES

cat > client.pl <<'CLIENT'
:- use_module(library(broadcast)).
:- use_module(library(redis)).
:- use_module(library(redis_streams)).

tick(redis(_, Stream, _, _)) :-
    format("~w~n", [Stream]),
    flush_output,
    sleep(0.3).

listener(Start, Streams) :-
    redis_connect(default, Line, [reconnect(true)]),
    thread_create(xlisten(Line, Streams, [start(Start)]), _, [detached(true)]).

main :-
    current_prolog_flag(argv, [PortText, Case]),
    atom_number(PortText, Port),
    redis_server(default, '127.0.0.1':Port, []),
    listen(redis(A, B, C, D), tick(redis(A, B, C, D))),
    (   Case == each
    ->  listener($, [aapl]),
        listener($, [msft])
    ;   Case == zero
    ->  listener(0, [aapl, msft])
    ;   listener($, [aapl, msft])
    ),
    sleep(6),
    halt.

:- initialization(main, main).
CLIENT
cat > probe.py <<'PROBE'
import os
import socket
import subprocess
import sys
import time


def send(port, *words):
    with socket.create_connection(("127.0.0.1", port)) as line:
        line.sendall(f"*{len(words)}\r\n".encode() + b"".join(f"${len(word)}\r\n{word}\r\n".encode() for word in words))
        return line.recv(1000).decode()


with socket.create_server(("127.0.0.1", 0)) as free:
    port = free.getsockname()[1]
environment = {**os.environ, "LD_LIBRARY_PATH": os.environ["LIBRARIES"]}
with open("redis.log", "w") as log:
    redis = subprocess.Popen(["usr/bin/redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", ""], env=environment, stdout=log, stderr=log)
right = True
try:
    for _ in range(100):
        try:
            send(port, "PING")
            break
        except OSError:
            time.sleep(0.1)
    for name, case, expected in (
        ("both streams, the handler takes 0.3 s", "both", "aapl 5, msft 0"),
        ("both streams, start(0)", "zero", "aapl 5, msft 5"),
        ("a listener for each", "each", "aapl 5, msft 5"),
    ):
        send(port, "FLUSHALL")
        client = subprocess.Popen(["swipl", "client.pl", str(port), case], stdout=subprocess.PIPE, text=True)
        time.sleep(2)
        for number in range(5):
            for stream in ("aapl", "msft"):
                send(port, "XADD", stream, "*", "n", str(number))
            time.sleep(0.1)
        lines = client.communicate(timeout=30)[0].split()
        seen = ", ".join(f"{stream} {lines.count(stream)}" for stream in ("aapl", "msft"))
        print(f"{name:39} {seen}")
        right = right and seen == expected
finally:
    redis.terminate()
    redis.wait()
if not right:
    sys.exit("not as described any more")
PROBE
timeout 80 python3 probe.py

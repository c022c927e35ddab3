#!/usr/bin/env bash
# stomper: a heartbeat and three ticks in one read are one empty tick; a frame that ends without a newline takes the next one with it; and two lines of prices are one price.
#
# Expected: STOMP 1.1 and 1.2: a frame ends with NUL and "may be optionally followed by multiple EOLs", which are heartbeats as well. A buffer for a transport that delivers bytes
#   as they come gives each frame once, however they were cut; the body is what was sent.
# Seen: StompBuffer of stomper 0.4.3 takes a newline in front of a frame for corruption and looks for the next end of a frame with a pattern that does not go past a
#   newline: it finds none and empties the buffer. The frame was measured before that, so getOneMessage() returns a message without a command, headers and body, and all that had been read is
#   gone. A NUL without a newline is not taken for an end: the next frame is part of this one's body, or, with content-length, loses its first letter and is
#   emptied in the same way. Nothing is raised. unpack_frame() and Frame.unpack() strip each line and join them without newlines, and read no content-length: "101.05" and "101.10" are "101.05101.10".
# Why it matters: heartbeats come when it is quiet, and one read holds several frames when it is not: the first ticks after a pause are lost, more of them the faster they come. A
#   broker that ends its frames with NUL alone loses every second one.
# Way to live with it: cut at NUL oneself and strip newlines in front of each piece; the body from the text behind the first empty line. stomp.py. In tests a newline and three frames
#   in one piece, and a body of two lines.
# Versions: stomper 0.4.3 (the newest on PyPI; Debian has it too), future 1.0.0, Python 3.11.7. Source: stompbuffer.py and unpack_frame in stomp_11.py. Nothing found about it.
#
# Output seen (the bodies that StompBuffer gives, and what unpack_frame makes of a body):
#   ticks 1, 2, 3 in one read             1 2 3
#   a heartbeat, then the three           1 2 3
#   a heartbeat and the three in one read (empty)
#   then tick 4                           4
#   1 and 2 end with NUL alone            1\0MESSAGE.. (1 of 2)
#   the same with content-length          1 (empty) (2 of 2)
#   body "101.05\n101.10"                 "101.05101.10"
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check stomper==0.4.3 future==1.0.0 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import sys

import stomper
from stomper.stompbuffer import StompBuffer


def frame(body, end="\x00\n", length=False):
    headers = "destination:/topic/ticks\nmessage-id:1\n"
    if length:
        headers = f"content-length:{len(body)}\n{headers}"
    return f"MESSAGE\n{headers}\n{body}{end}"


def read(*pieces):
    buffer, bodies = StompBuffer(), []
    for piece in pieces:
        buffer.appendData(piece)
        while (message := buffer.getOneMessage()) is not None:
            bodies.append(message["body"])
    return bodies


three = "".join(map(frame, "123"))
two = frame("1", "\x00") + frame("2")
sized = frame("1", "\x00", True) + frame("2", "\x00\n", True)
seen = [read(three), read("\n", three), read("\n" + three), read("\n" + three, frame("4"))[1:], read(two), read(sized)]
lines = stomper.unpack_frame(frame("101.05\n101.10"))["body"]


def text(bodies):
    return " ".join(body and body[:9].replace("\x00", "\\0") + (".." if len(body) > 9 else "") or "(empty)" for body in bodies)


for name, bodies in zip(("ticks 1, 2, 3 in one read", "a heartbeat, then the three", "a heartbeat and the three in one read", "then tick 4"), seen):
    print(f"{name:37} {text(bodies)}")
for name, bodies in zip(("1 and 2 end with NUL alone", "the same with content-length"), seen[4:]):
    print(f"{name:37} {text(bodies)} ({len(bodies)} of 2)")
print(f'{"body " + chr(34) + "101.05" + chr(92) + "n101.10" + chr(34):37} "{lines}"')
if (seen[:4] != [["1", "2", "3"], ["1", "2", "3"], [""], ["4"]] or len(seen[4]) != 1 or not seen[4][0].startswith("1\x00MESSAGE")
        or seen[5] != ["1", ""] or lines != "101.05101.10"):
    sys.exit("not as described any more")
PROBE
timeout 30 venv/bin/python probe.py

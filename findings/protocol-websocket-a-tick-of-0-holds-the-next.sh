#!/usr/bin/env bash
# Protocol::WebSocket::Client: a message "0" is lost, and so is the time of all behind it in the segment; a ping is a message, and never answered.
#
# Expected: read() gives each message that is in the bytes to on(read => ...), as the documentation says ("Parses incoming data and on every frame
#   calls on_read"); pings are answered by the client or told apart.
# Seen: Protocol::WebSocket::Client 0.26 goes on while the next message is true, and in Perl "0" and "" are not. A message of "0" is not handed
#   over; what stands behind it in the same segment stays in the buffer until the next segment comes, a minute later if
#   the market is quiet. A ping without a payload, as aiohttp's heartbeat sends it, does the same. One with a
#   payload arrives as a message of that text. No pong is sent, nor an answer to a close, whose code and reason arrive as a message too.
# Why it matters: a position or a volume of 0, sent as a text, does not arrive, and the tick behind a ping is as late as the next one. A service that
#   asks for pongs cuts the line after its timeout, every time; four random bytes as a message make a parser of ticks fail.
# Way to live with it: Protocol::WebSocket::Frame itself: while (defined(my $bytes = $frame->next_bytes)), by $frame->opcode, and an own pong;
#   or Mojo::UserAgent. In tests a text "0" and an empty ping between two ticks in one send, and a ping that wants its pong.
# Versions: libprotocol-websocket-perl 0.26 (Debian 12, Perl 5.36), Python 3.11 for the server. Nothing found about it.
#
# Output seen:
#   segment 1: "tick 1" "0" "tick 2" "tick 3"        read: tick 1
#   segment 2: "tick 4" empty ping "tick 5"          read: tick 2, tick 3, tick 4
#   segment 3: ping with a payload                   read: tick 5, are you there
#   segment 4: close 1001 restart                    read: ..restart
#   frames from the client: none
set -euo pipefail
perl -MProtocol::WebSocket::Client -e 1 2>/dev/null || { echo "needs apt-get install libprotocol-websocket-perl" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

cat > client.pl <<'CLIENT'
use strict;
use warnings;
use IO::Socket::INET;
use Protocol::WebSocket::Client;

$| = 1;
my $port = shift;
my $socket = IO::Socket::INET->new("127.0.0.1:$port") or die;
my $client = Protocol::WebSocket::Client->new(url => "ws://127.0.0.1:$port/");
my @read;
$client->on(write => sub { syswrite $socket, $_[1] });
$client->on(read => sub { push @read, $_[1] =~ s/[^ -~]/./gr });
$client->on(connect => sub { });
$client->connect;
while (sysread $socket, my $bytes, 65536) {
  @read = ();
  $client->read($bytes);
  print join(", ", @read), "\n";
}
CLIENT
cat > probe.py <<'PROBE'
import base64
import hashlib
import socket
import subprocess
import sys

TEXT, CLOSE, PING = 1, 8, 9


def frame(opcode, payload=b""):
    return bytes([0x80 | opcode, len(payload)]) + payload


segments = [
    ('"tick 1" "0" "tick 2" "tick 3"', b"".join(frame(TEXT, text) for text in (b"tick 1", b"0", b"tick 2", b"tick 3"))),
    ('"tick 4" empty ping "tick 5"', frame(TEXT, b"tick 4") + frame(PING) + frame(TEXT, b"tick 5")),
    ("ping with a payload", frame(PING, b"are you there")),
    ("close 1001 restart", frame(CLOSE, (1001).to_bytes(2, "big") + b"restart")),
]
listener = socket.create_server(("127.0.0.1", 0))
client = subprocess.Popen(["perl", "client.pl", str(listener.getsockname()[1])], stdout=subprocess.PIPE, text=True)
line, _ = listener.accept()
line.settimeout(10)
asked = b""
while b"\r\n\r\n" not in asked:
    asked += line.recv(4096)
key = next(header.split(b": ")[1] for header in asked.split(b"\r\n") if header.lower().startswith(b"sec-websocket-key"))
accept = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
line.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " + accept + b"\r\n\r\n")
client.stdout.readline()

seen = []
for number, (what, data) in enumerate(segments, 1):
    line.sendall(data)
    seen.append(client.stdout.readline().strip())
    print(f"segment {number}: {what:37} read: {seen[-1]}")
line.settimeout(1)
try:
    answered = line.recv(4096)
except TimeoutError:
    answered = b""
print("frames from the client:", answered or "none")
line.close()
client.wait(10)

if seen != ["tick 1", "tick 2, tick 3, tick 4", "tick 5, are you there", "..restart"] or answered:
    sys.exit("not as described any more")
PROBE
timeout 60 python3 probe.py

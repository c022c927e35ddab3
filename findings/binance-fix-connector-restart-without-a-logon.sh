#!/usr/bin/env bash
# binance-fix-connector: its automatic restart ends a session that works and puts one in its place that has not logged on, without the messages that nobody had read.
#
# Expected: restart=True, the default: "enable automatic session restart upon server notification". After the News message of a planned restart there
#   is a new connection, logged on, that one can go on with.
# Seen: at the News message binance-fix-connector 1.2.0 opens a second connection and logs on there. Ten minutes later it ends the first one, waits for a second and
#   calls connect() of the second object: that lets go of the connection that was logged on and opens a third one. Nothing is sent on it: no Logon, so
#   the exchange hears a stranger. The log says "Restart completed successfully", is_connected is True. The queue becomes that of the
#   new object: what was received and not yet fetched is gone. Subscriptions are not repeated.
# Why it matters: the exchange announces restarts so that nothing is lost. The session that would have lived until the end is closed ten minutes after the
#   announcement, orders and market data go nowhere, and nothing raises.
# Way to live with it: BinanceFixConnector(restart=False) and an own handling of 35=B: fetch all, a new session object, logon(), subscribe, then close the old
#   one. A test with a stand-in that sends News and counts Logons by connection.
# Versions: binance-fix-connector 1.2.0 (the newest on PyPI; the restart came with it), simplefix 1.0.17, cryptography 50.0.2, Python 3.11.7. Nothing
#   found about it.
#
# Output seen (a TLS server on loopback; the ten minutes are cut short with session.restart_time):
#                    received from the client    state
#   connection 1     Logon                       closed
#   connection 2     Logon                       open, and its socket object replaced
#   connection 3     nothing for 3 s             open
#   is_connected True, restart_flag False; three updates were waiting, 0 are left
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check binance-fix-connector==1.2.0 simplefix==1.0.17 cryptography==50.0.2 >pip.log 2>&1 ||
  { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import datetime
import ipaddress
import logging
import os
import pathlib
import socket
import ssl
import sys
import threading
import time

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from simplefix import FixMessage

key = ec.generate_private_key(ec.SECP256R1())
name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
now = datetime.datetime.now(datetime.timezone.utc)
certificate = (
    x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now - datetime.timedelta(1), now + datetime.timedelta(1))
    .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
    .add_extension(x509.BasicConstraints(True, None), True)
    .sign(key, hashes.SHA256())
)
pem = certificate.public_bytes(serialization.Encoding.PEM)
plain = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
pathlib.Path("server.pem").write_bytes(key.private_bytes(*plain) + pem)
pathlib.Path("ca.pem").write_bytes(pem)
os.environ["SSL_CERT_FILE"] = "ca.pem"

from binance_fix_connector.fix_connector import create_market_data_session

logging.disable(logging.CRITICAL)


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain("server.pem")
listener = socket.create_server(("127.0.0.1", 0))
got, open_lines = [], set()


def message(kind, number, *pairs):
    made = FixMessage()
    for tag, value in [(8, "FIX.4.4"), (35, kind), (49, "SPOT"), (56, "BMDWATCH"), (34, number), (52, "20260105-10:00:00.000000"), *pairs]:
        made.append_pair(tag, value)
    return made.encode()


def talk(raw, number):
    line = context.wrap_socket(raw, server_side=True)
    open_lines.add(number)
    try:
        while data := line.recv(4096):
            got[number].append("Logon" if b"\x0135=A\x01" in data else "other")
            line.sendall(message("A", 1))
            if number == 0:
                for count in range(3):
                    time.sleep(0.1)
                    line.sendall(message("X", 2 + count, (262, "book"), (270, "64250.10")))
                time.sleep(0.1)
                line.sendall(message("B", 5, (148, "Planned restart")))
    except OSError:
        pass
    open_lines.discard(number)


def serve():
    while True:
        raw, _ = listener.accept()
        got.append([])
        threading.Thread(target=talk, args=(raw, len(got) - 1), daemon=True).start()


threading.Thread(target=serve, daemon=True).start()
url = f"tcp+tls://127.0.0.1:{listener.getsockname()[1]}"
session = create_market_data_session("key", ed25519.Ed25519PrivateKey.generate(), endpoint=url)
time.sleep(2)
waiting = session.queue_msg_received.qsize()
session.restart_time = datetime.datetime.now()
time.sleep(5)
left = sum(kept.get(35) == b"X" for kept in session.get_all_new_messages_received())
print(" " * 16, "received from the client    state")
rows = []
for number, kinds in enumerate(got):
    state = "open" if number in open_lines else "closed"
    rows.append((" ".join(kinds) or "nothing for 3 s", state + ", and its socket object replaced" * (number == 1 and state == "open")))
    print(f"connection {number + 1}".ljust(16), rows[-1][0].ljust(27), rows[-1][1])
print(f"is_connected {session.is_connected}, restart_flag {session.restart_flag}; three updates were waiting, {left} are left", flush=True)
described = ["Logon", "Logon", "nothing for 3 s"]
right = [row[0] for row in rows] == described and rows[0][1] == "closed" and session.is_connected and not session.restart_flag and waiting == 5 and left == 0
if not right:
    print("not as described any more", file=sys.stderr, flush=True)
os._exit(not right)
PROBE
timeout 60 venv/bin/python -W ignore probe.py 2>err.log || { tail -5 err.log; exit 1; }

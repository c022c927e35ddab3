#!/usr/bin/env bash
# RabbitMQ's recent-history exchange: a queue that is bound to it gets the last ticks from old to new, one behind a second exchange from new to old; each further key brings all of them again, and of all symbols.
#
# Expected: "every time a queue is bound it delivers the last messages", in the order in which they came; whoever binds AAPL gets the history of AAPL once.
# Seen: with RabbitMQ 3.10.8 the history is kept from new to old. It is turned around for a queue; for an exchange it is not, and what is bound behind that gets the newest tick first and the oldest last. The binding key is
#   not looked at, in the history as in the live ticks. A second binding of the same queue, with another key, sends the whole history once more. Repeated with the same key it sends none.
# Why it matters: the exchange is used to give a client that joins the last prices. Behind a fanout or topic exchange the "last price" after the history is the oldest of the 20, until the next tick; bars are built
#   backwards. A client with ten keys counts each trade ten times.
# Way to live with it: bind queues to it directly, each with one key; sequence numbers, and what is not newer is dropped. In tests two messages before the binding, through each exchange in between.
# Versions: rabbitmq-server 3.10.8-1.1+deb12u1, erlang-base 25.2.3 (Debian 12), pika 1.3.2, Python 3.11. Source: add_binding in rabbit_exchange_type_recent_history. The README names queues only. Nothing found about it.
#
# Output seen:
#   a queue, bound with AAPL                      AAPL:0 MSFT:1 AAPL:2 MSFT:3
#   the same queue, bound with MSFT as well       AAPL:0 MSFT:1 AAPL:2 MSFT:3
#   a tick of NVDA                                NVDA:4
#   a queue behind a fanout exchange              NVDA:4 MSFT:3 AAPL:2 MSFT:1 AAPL:0
set -euo pipefail
command -v dpkg-deb >/dev/null || { echo "needs Debian 12, for RabbitMQ 3.10.8" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check pika==1.3.2 >pip.log 2>&1 || { cat pip.log; exit 1; }
apt-get download -qq rabbitmq-server erlang-base erlang-asn1 erlang-crypto erlang-eldap erlang-inets erlang-mnesia erlang-os-mon erlang-parsetools erlang-public-key erlang-runtime-tools \
  erlang-ssl erlang-syntax-tools erlang-tools erlang-xmerl libsctp1 libtinfo6 2>apt.log || { cat apt.log >&2; exit 1; }
[[ $(echo rabbitmq-server_*) == *_3.10.8-* ]] || { echo "needs RabbitMQ 3.10.8" >&2; exit 1; }
for package in *.deb; do dpkg-deb -x "$package" .; done
LD_LIBRARY_PATH=$(find "$PWD" -name 'lib*.so*' -not -path '*/erlang/*' -not -path '*/venv/*' -printf '%h\n' | sort -u | paste -sd:)
export LD_LIBRARY_PATH

cat > probe.py <<'PROBE'
import contextlib
import glob
import os
import socket
import subprocess
import sys
import time

import pika


def port():
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


@contextlib.contextmanager
def broker():
    """RabbitMQ with a port mapper of its own, both on loopback."""
    here = os.getcwd()
    root, amqp = here + "/usr/lib/erlang", port()
    binaries = glob.glob(root + "/erts-*/bin")[0]
    os.mkdir("bin")
    with open("bin/erl", "w") as script:
        script.write(f'#!/bin/sh\nexport ROOTDIR={root} BINDIR={binaries} EMU=beam PROGNAME=erl\nexec {binaries}/erlexec "$@"\n')
    os.chmod("bin/erl", 0o755)
    with open("rabbitmq.conf", "w") as settings:
        settings.write(f"listeners.tcp.1 = 127.0.0.1:{amqp}\n")
    with open("plugins", "w") as plugins:
        plugins.write("[rabbitmq_recent_history_exchange].")
    environment = {
        "PATH": here + "/bin:/usr/bin:/bin", "HOME": here, "LANG": "C.UTF-8", "LD_LIBRARY_PATH": os.environ["LD_LIBRARY_PATH"],
        "ERL_EPMD_PORT": str(port()), "ERL_EPMD_ADDRESS": "127.0.0.1", "RABBITMQ_NODENAME": "probe@localhost", "RABBITMQ_DIST_PORT": str(port()),
        "RABBITMQ_NODE_PORT": str(amqp), "RABBITMQ_CONFIG_FILE": here + "/rabbitmq.conf", "RABBITMQ_CONF_ENV_FILE": here + "/none",
        "RABBITMQ_ENABLED_PLUGINS_FILE": here + "/plugins", "RABBITMQ_MNESIA_BASE": here + "/mnesia", "RABBITMQ_LOG_BASE": here + "/log", "RABBITMQ_LOGS": "-",
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1} +sbwt none",
    }
    server = glob.glob(here + "/usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin/rabbitmq-server")[0]
    mapper = subprocess.Popen([binaries + "/epmd"], env=environment)
    with open("rabbitmq.log", "w") as log:
        rabbit = subprocess.Popen([server], env=environment, stdout=log, stderr=log, start_new_session=True)
    try:
        for _ in range(300):
            with contextlib.suppress(pika.exceptions.AMQPError):
                connection = pika.BlockingConnection(pika.ConnectionParameters("127.0.0.1", amqp))
                break
            time.sleep(0.2)
        else:
            sys.exit("no broker:\n" + open("rabbitmq.log").read()[-1000:])
        yield connection
        connection.close()
    finally:
        os.killpg(rabbit.pid, 15)
        rabbit.wait(30)
        mapper.terminate()
        mapper.wait()


def drain(channel, queue):
    time.sleep(0.5)
    ticks = []
    while (tick := channel.basic_get(queue, auto_ack=True))[0]:
        ticks.append(tick[2].decode())
    return " ".join(ticks)


seen = []
with broker() as connection:
    channel = connection.channel()
    channel.exchange_declare("history", "x-recent-history")
    for i, symbol in enumerate(("AAPL", "MSFT", "AAPL", "MSFT")):
        channel.basic_publish("history", symbol, f"{symbol}:{i}".encode())

    def line(name):
        seen.append(drain(channel, queue))
        print(f"{name:45} {seen[-1]}")

    queue = channel.queue_declare("", exclusive=True).method.queue
    channel.queue_bind(queue, "history", "AAPL")
    line("a queue, bound with AAPL")
    channel.queue_bind(queue, "history", "MSFT")
    line("the same queue, bound with MSFT as well")
    channel.basic_publish("history", "NVDA", b"NVDA:4")
    line("a tick of NVDA")
    channel.exchange_declare("fanout", "fanout")
    queue = channel.queue_declare("", exclusive=True).method.queue
    channel.queue_bind(queue, "fanout", "")
    channel.exchange_bind("fanout", "history", "AAPL")
    line("a queue behind a fanout exchange")
history = "AAPL:0 MSFT:1 AAPL:2 MSFT:3"
if seen != [history, history, "NVDA:4", "NVDA:4 MSFT:3 AAPL:2 MSFT:1 AAPL:0"]:
    sys.exit("not as described any more")
PROBE
timeout 110 venv/bin/python probe.py

#!/usr/bin/env bash
# autarkia-msgqueue: the message that is being sent when the connection's task is cancelled is lost, and another reader's messages change their order.
#
# Expected: the README's point is that taking a message out before it is sent loses it "when the socket dies mid-flush"; here it leaves the queue when the
#   send was successful, a failed one stays at the front, first in is first out, and what was delivered elsewhere is not sent again.
# Seen: autarkia-msgqueue 0.1.0 takes it out first and puts it back after an Exception. CancelledError is none: a handler that is cancelled, or
#   wait_for() around flush(), and the message is nowhere. So it is when the last other message is discarded during the send: the queue is
#   taken from the books, and the failed message is put back into one that nobody looks at; the result says remaining=1. Messages
#   for another persona go to the end, those behind a failure or stored meanwhile come before them. Discarding the message that is on
#   its way finds nothing, and after a failure it is sent again.
# Why it matters: it is there for reconnections, and cancelling is how aiohttp, FastAPI and timeouts end a connection. A fill or a cancel is gone with
#   nothing in the log; "order accepted" comes after "filled".
# Way to live with it: a sender that never lets go by cancelling (asyncio.shield, a deadline in the sender), one queue for each reader, numbers in
#   the messages. A test that cancels in a send, and counts.
# Versions: autarkia-msgqueue 0.1.0 (the newest on PyPI, no dependencies), Python 3.11.7. Nothing found about it.
#
# Output seen (messages 1, 2, 3 ...; what was delivered after all, by the first flush and one more):
#                                              expected    autarkia-msgqueue
#   send of 1 fails, then works                1 2 3       1 2 3
#   wait_for() ends while 1 is being sent      1 2 3       2 3
#   2 and 3 discarded meanwhile, 1 fails       1           nothing, remaining said 1
#   b: 1 3 5, a: 2 4, the send of 4 fails      b 1 3 5     b 5 1 3
#   1 delivered elsewhere meanwhile, it fails  2           1 2
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check autarkia-msgqueue==0.1.0 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import asyncio
import sys

from autarkia_msgqueue import OfflineMessageQueue


def filled(*readers):
    queue = OfflineMessageQueue()
    for number, reader in enumerate(readers, 1):
        queue.store_offline_message("user", {"message_id": str(number), "reader": reader})
    return queue


async def rest(queue, reader=None):
    got = []

    async def send(message):
        got.append(message["message_id"])
        return True

    await queue.flush("user", send, accepts=(lambda message: message["reader"] == reader) if reader else None)
    return " ".join(got)


async def fails(queue, meanwhile=lambda: None, which="1", reader=None):
    async def send(message):
        if message["message_id"] != which:
            return True
        await asyncio.sleep(0)
        meanwhile()
        raise ConnectionError("cut")

    return await queue.flush("user", send, accepts=(lambda message: message["reader"] == reader) if reader else None)


async def main():
    rows = []

    queue = filled("a", "a", "a")
    await fails(queue)
    rows.append(("send of 1 fails, then works", "1 2 3", await rest(queue), "1 2 3"))

    queue = filled("a", "a", "a")

    async def hangs(message):
        await asyncio.sleep(5)
        return True

    try:
        await asyncio.wait_for(queue.flush("user", hangs), 0.2)
    except asyncio.TimeoutError:
        pass
    rows.append(("wait_for() ends while 1 is being sent", "1 2 3", await rest(queue), "2 3"))

    queue = filled("a", "a", "a")
    result = await fails(queue, lambda: [queue.discard_offline_message("user", number) for number in "23"])
    seen = f"{await rest(queue) or 'nothing'}, remaining said {result.remaining}"
    rows.append(("2 and 3 discarded meanwhile, 1 fails", "1", seen, "nothing, remaining said 1"))

    queue = filled("b", "a", "b", "a", "b")
    await fails(queue, which="4", reader="a")
    rows.append(("b: 1 3 5, a: 2 4, the send of 4 fails", "b 1 3 5", "b " + await rest(queue, "b"), "b 5 1 3"))

    queue = filled("a", "a")
    await fails(queue, lambda: queue.discard_offline_message("user", "1"))
    rows.append(("1 delivered elsewhere meanwhile, it fails", "2", await rest(queue), "1 2"))

    print(" " * 42, "expected    autarkia-msgqueue")
    for name, expected, seen, _ in rows:
        print(name.ljust(42), expected.ljust(11), seen)
    if any(seen != described for _, _, seen, described in rows):
        sys.exit("not as described any more")


asyncio.run(main())
PROBE
timeout 30 venv/bin/python -W ignore probe.py 2>err.log || { tail -5 err.log; exit 1; }

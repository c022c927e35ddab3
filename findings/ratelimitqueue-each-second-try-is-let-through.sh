#!/usr/bin/env bash
# ratelimitqueue: get(block=False) is refused and let through by turns; after a refusal get() waits for ever.
#
# Expected: RateLimitQueue(calls=2, per=10) gives two items in 10 s, however often one asks; asking without waiting leaves the limit as it is.
# Seen: get() of ratelimitqueue 0.2.0 takes the oldest call out of its log to look at it, and takes a semaphore. When it then raises RateLimitException,
#   it puts neither back. So the log has a free place, and the next try is let through at once: refused, item, refused, item. The semaphore is still
#   taken: a get() that waits (the default) after a refusal never comes back, not even after the window, and a timeout of it isn't looked at either
#   (acquire() returns False, which nobody checks). get() with a timeout too short for the window does the same. A get() from an empty queue counts as
#   a call.
# Why it matters: "try without waiting, else do something else" is how a poller uses it, and it sends at any rate it likes: the venue bans it. The test
#   with get() and a clock passes. One refusal in one thread stops all others that wait.
# Way to live with it: only get() without a timeout, in one thread; or another limiter (aiolimiter, pyrate-limiter). In tests ask more often than allowed,
#   without waiting, and count what comes.
# Versions: ratelimitqueue 0.2.0 (the newest), Python 3.11.7. Source: ratelimitqueue/ratelimitqueue.py. Nothing found about it.
#
# Output seen (2 calls in 10 s):
#   ten tries without waiting    item item refused item refused item refused item refused item
#   items within the first second: 6
#   a get() after a refusal      still waiting after the window
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check --no-compile ratelimitqueue==0.2.0 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import os
import threading
import time

from ratelimitqueue import RateLimitQueue
from ratelimitqueue.exceptions import RateLimitException

queue = RateLimitQueue(calls=2, per=10)
for number in range(20):
    queue.put(number)
seen = []
began = time.monotonic()
for _ in range(10):
    try:
        queue.get(block=False)
        seen.append("item")
    except RateLimitException:
        seen.append("refused")
print("ten tries without waiting   ", *seen)
if time.monotonic() - began < 5:
    print("items within the first second:", seen.count("item"))

queue = RateLimitQueue(calls=2, per=1)
for number in range(20):
    queue.put(number)
for _ in range(3):
    try:
        queue.get(block=False)
    except RateLimitException:
        pass
waiting = threading.Thread(target=queue.get, daemon=True)
waiting.start()
waiting.join(3)
print("a get() after a refusal     ", "still waiting after the window" if waiting.is_alive() else "came back", flush=True)
os._exit(0)
PROBE
venv/bin/python probe.py | tee seen
cat > want <<'WANT'
ten tries without waiting    item item refused item refused item refused item refused item
items within the first second: 6
a get() after a refusal      still waiting after the window
WANT
diff want seen && echo "as described" || { echo "something has changed"; exit 1; }

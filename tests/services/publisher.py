"""A team's publisher: each line of its input is a tick, which it publishes until that ends.

python -m tests.services.publisher redis://127.0.0.1:6379
"""

import sys

import redis


def main(url: str) -> None:
    """Publish on the channel of the kind of tick: what has a price `p` is of an option."""
    with redis.Redis.from_url(url) as broker:
        for line in sys.stdin.buffer:
            kind = b"options" if b'"p":' in line else b"bars"
            broker.publish(b"ticker:" + kind, line.rstrip(b"\n"))


if __name__ == "__main__":
    main(sys.argv[1])

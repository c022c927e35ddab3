"""How many random bits ids have: sound ones keep theirs, every kind of sham loses some."""

import hashlib
import secrets
import uuid

import pytest

from qaws.measure.entropy import entropy_of

MANY = 10_000


def weyl(count):
    """Yield numbers in even steps, which look random one by one."""
    state = secrets.randbits(64)
    for _ in range(count):
        state = (state + 0x9E3779B97F4A7C15) % 2**64
        yield state


@pytest.mark.parametrize(
    ("make", "bits"),
    [
        (lambda: secrets.token_urlsafe(24), 192),
        (lambda: secrets.token_urlsafe(16), 128),
        (lambda: secrets.token_hex(16), 128),
        (lambda: str(uuid.uuid4()), 122),
        (lambda: secrets.token_hex(8), 64),
        (lambda: "session-" + secrets.token_hex(4), 32),
    ],
    ids=["192", "128", "hex", "uuid4", "64", "32"],
)
def test_random_ids_have_the_bits_that_they_were_made_of(make, bits):
    found = entropy_of([make() for _ in range(MANY)])
    assert found.bits == pytest.approx(bits, abs=0.05)
    assert (found.shared, found.repeated) == (0, 0)


@pytest.mark.parametrize(
    ("make", "at_most"),
    [
        (lambda: [f"{n:032x}" for n in range(MANY)], 14),
        (lambda: [str(uuid.uuid1()) for _ in range(MANY)], 40),
        (lambda: ["always the same"] * MANY, 0),
        (lambda: [(half := secrets.token_hex(8)) + half for _ in range(MANY)], 64.1),
        (lambda: [(half := secrets.token_hex(8)) + half[::-1] for _ in range(MANY)], 64.1),
        (lambda: [f"{n:016x}{secrets.token_hex(4)}" for n in weyl(MANY)], 80),
        (lambda: [f"{n}-{secrets.token_hex(10)}" for n in range(MANY)], 95),
    ],
    ids=["counter", "uuid1", "constant", "twice", "mirrored", "even steps", "numbered"],
)
def test_what_only_looks_random_loses_bits(make, at_most):
    assert entropy_of(make()).bits <= at_most


def test_a_hash_of_a_counter_cannot_be_told_from_chance():
    """What the docstring says: no statistics can see this."""
    ids = [hashlib.sha256(str(n).encode()).hexdigest()[:32] for n in range(MANY)]
    assert entropy_of(ids).bits == pytest.approx(128, abs=0.05)


def test_few_ids_show_no_more_bits_than_there_are_ids_for():
    assert entropy_of(["a", "b"]).bits <= 1
    assert entropy_of(["only one"]).bits == 0

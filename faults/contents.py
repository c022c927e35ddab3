"""Faults of what ticks say: values and names at the edges of the market. QA-WS-006, 007, 008.

Every scenario holds every tick of every client against what was published, so all of them may be
red where a tick says something else: the service is broken there too.
"""

from __future__ import annotations

import html
import json
import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, cast

from app import messages
from app.fanout import Fanout
from app.messages import InvalidTick, Tick
from app.subscriptions import Instruments, Keys, Selector, Symbols, Underlying
from faults.fault import edited, fault, replace

OPTION, BAR = "option_tick", "underlying_bar"

WITH_TICKS = tuple(
    f"QA-WS-{number:03}"
    for part in (range(2, 13), range(16, 19), range(21, 26), range(101, 133))
    for number in part
    if number not in (104, 109, 110, 112, 120, 123, 124)
)
"""The functional tests in which ticks flow."""

NOT_PUBLISHED = "received ticks that differ from what was published"
OF_NONE = "which is true of none that came"
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?[+-]\d\d:\d\d"


def elsewhere(*caught_by: str) -> tuple[str, ...]:
    """Return the tests that may notice a tick that says something else, but for those named."""
    return tuple(test for test in WITH_TICKS if test not in caught_by)


def edit_ticks(kind: str, edit: Callable[[dict[str, Any]], None]) -> None:
    """Let every tick of a kind be changed on its way through; "" for both kinds."""
    original = messages.parse_tick

    def parse_tick(channel: bytes, payload: bytes) -> Tick:
        tick = original(channel, payload)
        if kind in ("", tick.route.type):
            return tick._replace(payload=edited(tick.payload, edit))
        return tick

    replace(messages, "parse_tick", parse_tick)


def refuse_ticks(is_refused: Callable[[dict[str, Any], bytes], bool]) -> None:
    """Let ticks be taken for invalid ones, which are logged and dropped."""
    original = messages.parse_tick

    def parse_tick(channel: bytes, payload: bytes) -> Tick:
        tick = original(channel, payload)
        if is_refused(json.loads(payload), payload):
            raise InvalidTick("out of range")
        return tick

    replace(messages, "parse_tick", parse_tick)


def rename(name_of: Callable[[str], str]) -> None:
    """Let a subscription be for another name than the client wrote."""
    original = messages._symbol
    replace(messages, "_symbol", lambda value: name_of(original(value)))


# --- zero -------------------------------------------------------------------------------------


@fault(
    story="A tick with a volume of zero is taken for one without a volume and dropped, so that "
    "nobody hears of an instrument that does not trade.",
    caught_by={
        "QA-WS-006": f"missing has a volume of zero, {OF_NONE}",
        "QA-WS-007": f"missing has a volume of zero, {OF_NONE}",
    },
    also=elsewhere("QA-WS-006", "QA-WS-007"),
)
def zero_volume_dropped() -> None:
    """Ask `if not volume`."""
    refuse_ticks(lambda tick, _: not tick["volume"])


@fault(
    story="Greeks of exactly zero are left out, so that a client's model reads them from the tick "
    "before, or falls over.",
    caught_by={"QA-WS-006": "greeks of NIFTY option tick"},
    also=elsewhere("QA-WS-006"),
)
def zero_greeks_left_out() -> None:
    """Keep only what is true."""

    def edit(tick: dict[str, Any]) -> None:
        tick["greeks"] = {name: value for name, value in tick["greeks"].items() if value}

    edit_ticks(OPTION, edit)


@fault(
    story="A price of zero is replaced by the last one that was not, so that a worthless option "
    "keeps its value.",
    caught_by={"QA-WS-006": "last_price of NIFTY option tick"},
    also=elsewhere("QA-WS-006"),
)
def zero_price_replaced_by_the_last() -> None:
    """Say `price or last`."""
    last: dict[int, Any] = {}

    def edit(tick: dict[str, Any]) -> None:
        token = tick["instrument_token"]
        tick["last_price"] = last[token] = tick["last_price"] or last.get(token, 0)

    edit_ticks(OPTION, edit)


@fault(
    story="Each option tick names its price twice, first as zero, so that what a client trades on "
    "hangs on its parser.",
    caught_by={"QA-WS-006": 'has the member "last_price" twice, as 0 and as'},
    also=elsewhere("QA-WS-006"),
)
def price_named_twice() -> None:
    """Put a price of zero in front."""
    original = messages.parse_tick

    def parse_tick(channel: bytes, payload: bytes) -> Tick:
        tick = original(channel, payload)
        if tick.route.type != OPTION:
            return tick
        return tick._replace(payload=b'{"last_price":0,' + tick.payload.lstrip()[1:])

    replace(messages, "parse_tick", parse_tick)


@fault(
    story="A bar whose four prices are equal is taken for no bar, so that charts have holes where "
    "the market stood still.",
    caught_by={"QA-WS-007": f"missing has open, high, low and close alike, {OF_NONE}"},
    also=elsewhere("QA-WS-007"),
)
def flat_bars_dropped() -> None:
    """Ask whether anything has moved."""

    def is_flat(tick: dict[str, Any], _: bytes) -> bool:
        return bool(tick["type"] == BAR and tick["high"] == tick["low"])

    refuse_ticks(is_flat)


# --- sizes and digits -------------------------------------------------------------------------


@fault(
    story="Volumes wrap at 2^32, so that the busiest instrument of the day looks like a quiet one.",
    caught_by={
        "QA-WS-007": "volume of NIFTY underlying bar",
        "QA-WS-006": "volume 1866154887 instead of 6161122183",
    },
    also=elsewhere("QA-WS-006", "QA-WS-007"),
)
def volume_wraps() -> None:
    """Keep 32 bits."""
    edit_ticks("", lambda tick: tick.update(volume=tick["volume"] % 2**32))


@fault(
    story="Instrument numbers are held as doubles, so that beyond 2^53 a client gets the ticks of "
    "its instrument's neighbour too, and under its number.",
    caught_by={"QA-WS-006": "Alice received ticks"},
    also=elsewhere("QA-WS-006"),
)
def instruments_as_doubles() -> None:
    """Round on both ways."""
    original, instrument = messages.parse_tick, messages._instrument
    replace(messages, "_instrument", lambda value: int(float(instrument(value))))

    def parse_tick(channel: bytes, payload: bytes) -> Tick:
        tick = original(channel, payload)
        token = tick.route.instrument_token
        if token is None:
            return tick
        rounded = int(float(token))
        return Tick(
            tick.route._replace(instrument_token=rounded),
            edited(tick.payload, lambda members: members.update(instrument_token=rounded)),
        )

    replace(messages, "parse_tick", parse_tick)


@fault(
    story="Prices above ten million are taken for a slip of the finger and dropped, so that the "
    "highest-priced instruments never tick.",
    caught_by={"QA-WS-006": f"missing has a price above 10,000,000, {OF_NONE}"},
    also=elsewhere("QA-WS-006"),
)
def high_prices_dropped() -> None:
    """Compare with a bound that once was generous."""
    refuse_ticks(lambda tick, _: bool(tick.get("last_price", 0) > 1e7))


@fault(
    story="Numbers in scientific notation cannot be read, so that the smallest prices and greeks "
    "never arrive.",
    caught_by={"QA-WS-006": "missing has a number in scientific notation ("},
    also=elsewhere("QA-WS-006"),
)
def exponents_not_read() -> None:
    """Take digits and a point only."""

    def has_exponent(_: dict[str, Any], payload: bytes) -> bool:
        numbers: list[str] = []
        json.loads(payload, parse_float=numbers.append)
        return any("e" in number.lower() for number in numbers)

    refuse_ticks(has_exponent)


@fault(
    story="A volatility above 1 is taken for per cent and divided by 100, so that the wildest "
    "options look like the calmest.",
    caught_by={"QA-WS-006": "greeks of NIFTY option tick"},
    also=elsewhere("QA-WS-006"),
)
def volatility_taken_for_per_cent() -> None:
    """Guess the unit."""

    def edit(tick: dict[str, Any]) -> None:
        greeks = tick["greeks"]
        greeks["iv"] = greeks["iv"] / 100 if greeks["iv"] > 1 else greeks["iv"]

    edit_ticks(OPTION, edit)


@fault(
    story="The exponent of a number in scientific notation falls away, so that the smallest offer "
    "of all looks like a price of 1.",
    caught_by={"QA-WS-006": ", published in scientific notation as "},
    also=elsewhere("QA-WS-006"),
)
def exponents_cut_off() -> None:
    """Read digits and a point, and stop there."""

    def edit(tick: dict[str, Any]) -> None:
        tick.update((name, _mantissa(value)) for name, value in tick.items())
        if greeks := tick.get("greeks"):
            greeks.update((name, _mantissa(value)) for name, value in greeks.items())

    edit_ticks("", edit)


def _mantissa(value: Any) -> Any:
    return float(repr(value).partition("e")[0]) if isinstance(value, float) else value


# --- one for another --------------------------------------------------------------------------


@fault(
    story="The last greeks are kept by symbol and not by instrument, so that each option shows "
    "those of its neighbour in the chain.",
    caught_by={"QA-WS-006": ", which NIFTY option tick #"},
    also=elsewhere("QA-WS-006"),
)
def greeks_of_the_neighbour() -> None:
    """Use a key that is too short."""
    kept: dict[str, tuple[int, Any]] = {}

    def edit(tick: dict[str, Any]) -> None:
        token, symbol, fresh = tick["instrument_token"], tick["symbol"], tick["greeks"]
        before, greeks = kept.get(symbol, (token, fresh))
        kept[symbol] = (token, fresh)
        if before != token:
            tick["greeks"] = greeks

    edit_ticks(OPTION, edit)


@fault(
    story="An instrument's bid is sent with its first tick only, as if it never changed again, so "
    "that a client that has just connected has none.",
    caught_by={"QA-WS-006": "bid missing instead of"},
    also=elsewhere("QA-WS-006"),
)
def bid_sent_once() -> None:
    """Leave it out of every further tick."""
    known: set[int] = set()

    def edit(tick: dict[str, Any]) -> None:
        if tick["instrument_token"] in known:
            del tick["bid"]
        known.add(tick["instrument_token"])

    edit_ticks(OPTION, edit)


# --- names ------------------------------------------------------------------------------------


@fault(
    story="Symbols are cut at the first dot, so that who asks for one class of a share gets "
    "another, or nothing.",
    caught_by={"QA-WS-008": "the end marker to Alice"},
    also=("QA-WS-025",),
)
def names_cut_at_the_dot() -> None:
    """Take what is behind the dot for the exchange."""
    rename(lambda name: name.partition(".")[0])


@fault(
    story="Symbols are cut at the first blank, so that who asks for an index gets its future.",
    caught_by={"QA-WS-008": "the end marker to Alice"},
)
def names_cut_at_the_blank() -> None:
    """Take what is behind the blank for an expiry."""
    rename(lambda name: name.split()[0])


@fault(
    story="What goes out is escaped as for a web page, so that a client looks in vain for the "
    "symbol that it has asked for.",
    caught_by={"QA-WS-008": "the end marker to Alice"},
)
def names_escaped() -> None:
    """Escape where nobody unescapes."""
    original = Fanout.publish

    def publish(self: Fanout, tick: Tick) -> None:
        escaped = html.escape(tick.payload.decode(), quote=False).encode()
        original(self, tick._replace(payload=escaped))

    replace(Fanout, "publish", publish)


@fault(
    story="A symbol of digits is taken for an instrument's number, so that whole exchanges that "
    "number their shares have no ticks by symbol.",
    caught_by={"QA-WS-008": "the end marker to Alice"},
)
def names_of_digits_taken_for_numbers() -> None:
    """Ask what it looks like and not which member it came in."""
    rename(lambda name: f"instrument {name}" if name.isdigit() else name)


@fault(
    story="Letters beyond ASCII are replaced by question marks, so that the symbols of half the "
    "world's exchanges all look alike.",
    caught_by={"QA-WS-008": "the end marker to Alice"},
    also=elsewhere("QA-WS-008"),
)
def names_in_other_letters_replaced() -> None:
    """Encode for an old system."""
    original = messages.parse_tick

    def parse_tick(channel: bytes, payload: bytes) -> Tick:
        tick = original(channel, payload)
        text = json.dumps(json.loads(tick.payload), ensure_ascii=False)
        return tick._replace(payload=text.encode("ascii", "replace"))

    replace(messages, "parse_tick", parse_tick)


@fault(
    story="Members of a tick that are objects, lists or texts of the exchange's own are cut off by "
    "a model that knows numbers only, so that the depth of the book never reaches anybody.",
    caught_by={"QA-WS-006": NOT_PUBLISHED},
    also=(*elsewhere("QA-WS-006"), "QA-WS-123"),
)
def members_of_its_own_cut_off() -> None:
    """Keep greeks, symbol and type, and else what is a number."""
    known = ("type", "symbol", "greeks")

    def keep(members: dict[str, Any]) -> None:
        for name in [n for n, v in members.items() if n not in known]:
            if isinstance(members[name], bool) or not isinstance(members[name], int | float):
                del members[name]

    edit_ticks(OPTION, keep)


# --- null -------------------------------------------------------------------------------------


@fault(
    story="Members that are null are left out, as a library does it by default, so that a client "
    "that was told of a halt is never told that it is over.",
    caught_by={"QA-WS-006": NOT_PUBLISHED},
    also=(*elsewhere("QA-WS-006"), "QA-WS-121"),
)
def null_members_left_out() -> None:
    """Drop them on the way through."""

    def drop(members: dict[str, Any]) -> None:
        for name in [name for name, value in members.items() if value is None]:
            del members[name]

    edit_ticks("", drop)


@fault(
    story="Members that are null are passed on as zero, so that what is not known seems to be "
    "nothing.",
    caught_by={"QA-WS-006": NOT_PUBLISHED},
    also=(*elsewhere("QA-WS-006"), "QA-WS-121"),
)
def null_members_become_zero() -> None:
    """Write 0 for them."""

    def zero(members: dict[str, Any]) -> None:
        members.update({name: 0 for name, value in members.items() if value is None})

    edit_ticks("", zero)


# --- nothing new ------------------------------------------------------------------------------


def _drop_unchanged(kind: str, names: tuple[str, ...]) -> None:
    """Let ticks be dropped that say the same as the one before, as far as somebody looks."""
    last: dict[Any, Any] = {}
    original = messages.parse_tick

    def parse_tick(channel: bytes, payload: bytes) -> Tick:
        tick = original(channel, payload)
        if tick.route.type == kind:
            members = json.loads(payload)
            seen, last[tick.route] = last.get(tick.route), [members.get(name) for name in names]
            if seen == last[tick.route]:
                raise InvalidTick("nothing new")
        return tick

    replace(messages, "parse_tick", parse_tick)


@fault(
    story="A tick whose price is that of the one before is taken for no news and dropped, so that "
    "volumes and greeks stand still while the price does.",
    caught_by={"QA-WS-006": f"missing has the price of the one before it, {OF_NONE}"},
    also=elsewhere("QA-WS-006"),
)
def unchanged_prices_dropped() -> None:
    """Look at the price."""
    _drop_unchanged(OPTION, ("last_price",))


@fault(
    story="A bar that says the same as the one before is dropped, so that a chart has holes where "
    "the market was quiet.",
    caught_by={"QA-WS-007": f"missing says the same as the one before it, {OF_NONE}"},
    also=elsewhere("QA-WS-007"),
)
def unchanged_bars_dropped() -> None:
    """Look at all that a bar says."""
    _drop_unchanged(BAR, ("open", "high", "low", "close", "volume"))


@fault(
    story="The feed is read in the character set of the container, which is not UTF-8: what "
    "publishers do not escape is garbled, symbols and news of half the world.",
    caught_by={
        "QA-WS-006": "headline",
        "QA-WS-008": "Alice never received ticks that it was due",
    },
    also=elsewhere("QA-WS-006", "QA-WS-008"),
)
def feed_read_as_latin_1() -> None:
    """Take each byte for a character."""
    original = messages.parse_tick

    def parse_tick(channel: bytes, payload: bytes) -> Tick:
        return original(channel, payload.decode("latin-1").encode())

    replace(messages, "parse_tick", parse_tick)


@fault(
    story="JSON is put together by hand, and a quotation mark in a text is not escaped: a headline "
    "with a quotation breaks the tick, and clients that read it.",
    caught_by={"QA-WS-006": "a frame that is not JSON"},
    also=elsewhere("QA-WS-006"),
)
def quotation_marks_not_escaped() -> None:
    """Take the backslash away from before each."""
    original = messages.parse_tick

    def parse_tick(channel: bytes, payload: bytes) -> Tick:
        tick = original(channel, payload)
        return tick._replace(payload=tick.payload.replace(b'\\"', b'"'))

    replace(messages, "parse_tick", parse_tick)


# --- names and numbers that a key has no room for ----------------------------------------------


def key_by(name_of: Callable[[str], str] = str, number_of: Callable[[int], int] = int) -> None:
    """Let subscriptions and ticks be brought together by something else than their names."""
    parse = messages.parse_tick

    def parse_tick(channel: bytes, payload: bytes) -> Tick:
        tick = parse(channel, payload)
        token = tick.route.instrument_token
        number = None if token is None else number_of(token)
        route = tick.route._replace(symbol=name_of(tick.route.symbol), instrument_token=number)
        return tick._replace(route=route)

    def keyed(original: Callable[[Any], Keys]) -> Callable[[Any], Keys]:
        def keys(self: Selector) -> Keys:
            changed = [
                (kind, number_of(name) if isinstance(name, int) else name_of(name))
                for kind, name in original(self)
            ]
            return cast(Keys, frozenset(changed))

        return keys

    replace(messages, "parse_tick", parse_tick)
    replace(Instruments, "keys", keyed(Instruments.keys))
    replace(Symbols, "keys", keyed(Symbols.keys))
    replace(Underlying, "keys", keyed(Underlying.keys))


STRAY = "Alice received ticks that it had not subscribed to"


@fault(
    story="Symbols are kept in columns of 16 characters, so that who asks for a call gets the put "
    "of the same strike too.",
    caught_by={"QA-WS-008": STRAY},
)
def names_cut_at_16_characters() -> None:
    """Cut them on both sides."""
    key_by(lambda name: name[:16])


@fault(
    story="Ticks are kept by symbol without the exchange in front of it, so that who asks for a "
    "share in Mumbai gets its prices in New York too.",
    caught_by={"QA-WS-008": STRAY},
)
def exchanges_left_out_of_names() -> None:
    """Keep what is behind the colon."""
    key_by(lambda name: name.rpartition(":")[2])


@fault(
    story="Symbols are looked up in a data base that takes characters of another width for the "
    "same, so that two listings get each other's ticks.",
    caught_by={"QA-WS-008": STRAY},
)
def names_of_another_width_taken_for_the_same() -> None:
    """Bring them into Unicode's form of compatibility."""
    key_by(lambda name: unicodedata.normalize("NFKC", name))


@fault(
    story="Pairs are brought into one form, as each exchange writes them otherwise: who asks for "
    "the one that is written with a slash gets the prices of the one with a hyphen too.",
    caught_by={"QA-WS-008": STRAY},
)
def pairs_brought_into_one_form() -> None:
    """Write a hyphen for a slash."""
    key_by(lambda name: name.replace("/", "-"))


@fault(
    story="Instrument numbers are kept in 32 bits, so that where an exchange has longer ones a "
    "client gets the ticks of an instrument that it has never heard of.",
    caught_by={"QA-WS-006": STRAY},
)
def instruments_in_32_bits() -> None:
    """Keep the lower half."""
    key_by(number_of=lambda number: number & 0xFFFFFFFF)


# --- guesses about texts --------------------------------------------------------------------------


def _guess(of: Callable[[Any], Any]) -> None:
    """Let every value of an option tick be turned into another, in objects and lists too."""

    def turned(value: Any) -> Any:
        if isinstance(value, dict):
            value = {name: turned(inner) for name, inner in value.items()}
        elif isinstance(value, list):
            value = [turned(inner) for inner in value]
        return of(value)

    edit_ticks(OPTION, lambda tick: tick.update({n: turned(v) for n, v in tick.items()}))


@fault(
    story="A text that looks like a time is taken for one, as a JSON library does it by default, "
    "and written anew in the zone of the server: options expire on the day before.",
    caught_by={"QA-WS-006": NOT_PUBLISHED},
    also=elsewhere("QA-WS-006"),
)
def times_put_into_another_zone() -> None:
    """Write what reads as a time with an offset in UTC."""

    def utc(value: Any) -> Any:
        if not (isinstance(value, str) and re.fullmatch(TIME, value)):
            return value
        return datetime.fromisoformat(value).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    _guess(utc)


@fault(
    story="Ticks pass through a store that keeps no types, and what is all digits comes out as a "
    "number: codes of exchanges lose the zeros that they begin with.",
    caught_by={"QA-WS-006": NOT_PUBLISHED},
    also=(*elsewhere("QA-WS-006"), "QA-WS-121"),
)
def codes_become_numbers() -> None:
    """Guess by what it looks like; a symbol stays one."""

    def number(value: Any) -> Any:
        return int(value) if isinstance(value, str) and value.isdecimal() else value

    def edit(tick: dict[str, Any]) -> None:
        tick.update({n: number(v) for n, v in tick.items() if n not in ("symbol", "qaws_run")})

    edit_ticks(OPTION, edit)


@fault(
    story="Texts are tidied of the blanks around them, though exchanges pad their codes and who "
    "looks a code up by its full width finds nothing.",
    caught_by={"QA-WS-006": NOT_PUBLISHED},
    also=elsewhere("QA-WS-006"),
)
def texts_trimmed() -> None:
    """Strip every text."""
    _guess(lambda value: value.strip() if isinstance(value, str) else value)


@fault(
    story="An object without members comes out as a list, as PHP knows no difference, and programs "
    "that look something up in it end with an error.",
    caught_by={"QA-WS-006": NOT_PUBLISHED},
    also=elsewhere("QA-WS-006"),
)
def empty_objects_become_lists() -> None:
    """Write [] for {}."""
    _guess(lambda value: value if value != {} else [])


# --- guesses about how a tick is written ----------------------------------------------------------


@fault(
    story="The kind of a tick is read from its first bytes to save time: what a publisher writes "
    "that has its members in another order is dropped as malformed.",
    caught_by={"QA-WS-006": "never received ticks that it was due"},
    also=(*elsewhere("QA-WS-006"), "QA-WS-123"),
)
def kind_read_from_the_first_bytes() -> None:
    """Compare with how one publisher begins."""
    refuse_ticks(lambda _, payload: not payload.startswith(b'{"type": '))


@fault(
    story="What comes from the feed is read line by line, so that a tick that a publisher writes "
    "with line breaks in it is taken for several broken ones.",
    caught_by={"QA-WS-006": "never received ticks that it was due"},
    also=(*elsewhere("QA-WS-006"), "QA-WS-123"),
)
def ticks_read_line_by_line() -> None:
    """Refuse what has a line break."""
    refuse_ticks(lambda _, payload: b"\n" in payload)


@fault(
    story="Greeks are reckoned anew only when the price has moved, so that they stand still while "
    "the underlying falls and nobody trades the option.",
    caught_by={"QA-WS-006": "greeks of NIFTY option tick"},
    also=elsewhere("QA-WS-006"),
)
def greeks_kept_while_the_price_stays() -> None:
    """Keep them by the price."""
    last: dict[int, tuple[Any, Any]] = {}

    def edit(tick: dict[str, Any]) -> None:
        token, price = tick["instrument_token"], tick["last_price"]
        if token in last and last[token][0] == price:
            tick["greeks"] = last[token][1]
        last[token] = price, tick["greeks"]

    edit_ticks(OPTION, edit)


@fault(
    story="Each tick is laid over the one before, so that a headline and an order book that are "
    "long gone are sent again and again as if they were news.",
    caught_by={"QA-WS-006": "which was published in another tick, not in this one"},
    also=elsewhere("QA-WS-006"),
)
def ticks_laid_over_the_last() -> None:
    """Keep what a tick lacks."""
    last: dict[Any, dict[str, Any]] = {}

    def edit(tick: dict[str, Any]) -> None:
        key = tick["type"], tick["symbol"], tick.get("instrument_token")
        last[key] = {**last.get(key, {}), **tick}
        tick.update(last[key])

    edit_ticks("", edit)


@fault(
    story="Texts are brought into one form of Unicode on their way, so that what a client compares "
    "with its own copy, or checks by a signature, is another text.",
    caught_by={"QA-WS-006": "the same letters in another form of Unicode"},
    also=elsewhere("QA-WS-006"),
)
def texts_brought_into_one_form() -> None:
    """Put letters and their accents together."""

    def edit(tick: dict[str, Any]) -> None:
        for name, value in tick.items():
            if isinstance(value, str):
                tick[name] = unicodedata.normalize("NFC", value)

    edit_ticks("", edit)

"""The table `[dialect]` of a target file: how a service spells what the features speak of, as data.

docs/dialects.md explains each key.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from qaws.protocol.encoding_table import EncodingTable
from qaws.protocol.market import DUE_FIELD, MEMBERS, TickKind
from qaws.protocol.paths import Path, Pattern
from qaws.protocol.sign_table import Name, Sign
from qaws.protocol.signing import EXPIRES_IN_S
from qaws.protocol.templates import names_in, paths_in

ITEM = frozenset({"instrument", "symbol", "item"})
"""Names in a request; `item` is a number of the first item, always the same for it."""

KINDS: dict[str, TickKind] = {"option tick": "option_tick", "underlying bar": "underlying_bar"}
"""What tables call a kind of tick → what `qa-ws` does."""

CHANNEL = "channel"
"""In what ends a subscription, the number that a service has given out for it."""

REQUEST = frozenset({"id", "now_ms"})


class Table(BaseModel):
    """A part of a dialect: what it does not know is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _is_path(text: str) -> str:
    Path(text)
    return text


def _is_pattern(table: dict[str, Any]) -> dict[str, Any]:
    Pattern(table)
    return table


PathText = Annotated[str, AfterValidator(_is_path)]
TakenPath = Annotated[str, Field(min_length=1), AfterValidator(_is_path)]
PatternTable = Annotated[dict[str, Any], AfterValidator(_is_pattern)]


FORMS = ("instruments", "symbols", "underlying")
"""What may be asked for."""


class Spoken(Table):
    """What a client says.

    `sign` is name → what is signed, with what key; `expires_in_s` says how much later than now
    `{expires_s}` and `{expires_ms}` are.
    """

    sign: dict[str, Sign] = {}
    expires_in_s: float = Field(default=EXPIRES_IN_S, gt=0, le=86400)

    @property
    def templates(self) -> dict[str, Any]:
        """Return key and template of each form that it has."""
        keys = [key for key in ("say", *FORMS) if key in type(self).model_fields]
        return {key: getattr(self, key) for key in keys if getattr(self, key) is not None}


class Opening(Spoken):
    """A message between handshake and welcome: `after` has been received it is said.

    `take` is name → where a value stands in the message that `after` fits: from then on what is
    said and signed may name it. Without `say` nothing is said.
    """

    say: Any = None
    after: PatternTable | None = None
    take: dict[str, TakenPath] = {}

    @model_validator(mode="after")
    def _does_something(self) -> Opening:
        if self.take and self.after is None:
            raise ValueError("after is missing: the message from which take has its values")
        if self.say is None and not self.take:
            raise ValueError("needs say, or take: what a client says, or has from what it is told")
        return self


class Ping(Spoken):
    """The dialect's own ping."""

    say: Any
    answer: list[PatternTable] = Field(min_length=1)


class Request(Spoken):
    """How something is asked for, by what is selected; a form that is not there cannot be asked.

    `acks`: "each request" is acknowledged once; "each item"; or "never", then a ping that is
    answered behind it shows that it was heard. `one_by_one`: a request per item.
    """

    instruments: Any = None
    symbols: Any = None
    underlying: Any = None
    ack: list[PatternTable] = []
    acks: Literal["each request", "each item", "never"] = "each request"
    one_by_one: bool = False

    @model_validator(mode="after")
    def _has_a_form(self) -> Request:
        if self.instruments is None and self.symbols is None:
            raise ValueError("needs what to say for instruments, for symbols, or for both")
        if not self.ack and self.acks != "never":
            raise ValueError('needs ack, by which an acknowledgement is known, or acks = "never"')
        return self


class Recognised(Table):
    """How other messages are known; what nothing fits breaks the contract."""

    welcome: list[PatternTable] = []
    error: list[PatternTable] = []
    degraded: list[PatternTable] = []
    recovered: list[PatternTable] = []
    ignore: list[PatternTable] = []


class Session(Table):
    """Where a welcome has the session's id, and an error its words; "" for nowhere."""

    id: str = ""
    error_text: str = ""

    _paths = field_validator("id", "error_text")(_is_path)


class Channels(Table):
    """Numbers that a service gives out for what a client takes, each client's own.

    `given`: what a message that gives one out is known by; `number`: where it has the number, and
    `symbol` or `instrument` what that stands for.
    """

    given: list[PatternTable] = Field(min_length=1)
    number: PathText = Field(min_length=1)
    symbol: PathText = ""
    symbol_prefix: str = ""
    instrument: PathText = ""

    @model_validator(mode="after")
    def _says_of_what(self) -> Channels:
        if bool(self.symbol) == bool(self.instrument):
            raise ValueError("needs symbol or instrument, one of them: what a number stands for")
        return self


class TickTable(Table):
    """One shape of a tick.

    `each`: where several stand in one message. Other paths count from there; one that begins with
    `$.` from the message. `members`: an object of which every member is held against what was
    published; `fields`: the features' name of a member → its path.
    """

    kind: Literal["option tick", "underlying bar"]
    match: PatternTable
    each: PathText = ""
    symbol: PathText = ""
    symbol_prefix: str = ""
    instrument: PathText = ""
    channel: PathText = ""
    sequence: PathText
    due: PathText = ""
    members: PathText | None = None
    fields: dict[str, PathText] = {}

    @model_validator(mode="after")
    def _says_what(self) -> TickTable:
        if not self.symbol and not self.instrument and not self.channel:
            raise ValueError(
                "needs symbol, instrument or channel: by which one knows what it is of"
            )
        if self.channel and (self.symbol or self.instrument):
            raise ValueError("channel says what a tick is of: leave out symbol and instrument")
        if self.members is None and not self.fields:
            raise ValueError("needs fields, or members: where a tick has its prices")
        return self


class DialectTable(Table):
    """A dialect.

    `contract`: the AsyncAPI document that messages are held against besides. `several`: how several
    messages stand in one WebSocket message: "no"; "array", as the elements of a list; "lines"; or
    any other text, which separates them. `numbers`: "text" where prices come as text. `encoding`:
    where messages are not JSON text. `answers`: what a client answers by itself. `secrets`: name →
    the environment variable that has what a client says, or signs with; `secret_files`: name → the
    file that has it.
    """

    name: str = Field(min_length=1)
    contract: Literal["qa-ws"] | None = None
    several: str = Field(default="no", min_length=1)
    numbers: Literal["json", "text"] = "json"
    encoding: EncodingTable = EncodingTable()
    secrets: dict[str, Name] = {}
    secret_files: dict[str, Name] = {}
    open: list[Opening] = []
    ping: Ping
    subscribe: Request
    unsubscribe: Request
    recognise: Recognised
    answers: list[Answer] = []
    session: Session = Session()
    channels: Channels | None = None
    tick: list[TickTable] = Field(min_length=1)
    malformed: dict[str, Any] = {}

    @property
    def announces(self) -> bool:
        """Return whether it has words for a feed that is lost, and found again."""
        return bool(self.recognise.degraded and self.recognise.recovered)

    @field_validator("tick")
    @classmethod
    def _has_options(cls, value: list[TickTable]) -> list[TickTable]:
        if not any(each.kind == "option tick" for each in value):
            raise ValueError('needs one of kind = "option tick"')
        return value

    @field_validator("tick")
    @classmethod
    def _are_of_channels(cls, value: list[TickTable], info: ValidationInfo) -> list[TickTable]:
        if any(tick.channel for tick in value) and info.data.get("channels") is None:
            raise ValueError(
                "has a channel, and nothing says what gives out its number: [dialect.channels]"
            )
        return value


class Answer(Spoken):
    """What a client answers by itself: `say`, to a message that fits `to`.

    `take` is name → where a value stands in that message.
    """

    to: PatternTable | str
    say: Any
    take: dict[str, TakenPath] = {}

    @model_validator(mode="after")
    def _takes_from_a_message(self) -> Answer:
        if self.take and isinstance(self.to, str):
            raise ValueError("take has values of a message that is JSON: let to be a pattern")
        return self


class Listed(BaseModel):
    """What one symbol of the features is called by the service; further keys are placeholders.

    `instruments`: in the order of the features' instruments of that symbol.
    """

    model_config = ConfigDict(extra="allow", frozen=True)

    symbol: str | int | None = None
    instruments: list[int | str] = []


Market = dict[str, Listed]
"""The features' symbol → what the service calls it."""


def further_keys(market: Market) -> frozenset[str]:
    """Return the keys that all symbols of a market have besides their names."""
    further = [frozenset(each.model_extra or {}) for each in market.values()]
    return frozenset.intersection(*further) if further else frozenset()


def check_channels(table: DialectTable) -> None:
    """Raise `ValueError` where it cannot be told which channel's number ends a subscription."""
    if table.channels is None:
        return
    said = [f for f in FORMS if CHANNEL in names_in(getattr(table.unsubscribe, f))]
    key = "instrument" if table.channels.instrument else "symbol"
    able = [f for f in said if (f == "instruments") is (key == "instrument")]
    if len(said) > 1 or able != said:
        raise ValueError(
            f"unsubscribe: {' and '.join(said)} say {{channel}}, and the numbers of [dialect."
            f"channels] stand for one {key} each: for which form they are could not be told"
        )


PAYLOADS = {"option tick": "option_payload", "underlying bar": "underlying_payload"}
"""Kind of tick → the key of `[feed]` that says what is published for it."""


def check_payloads(table: DialectTable, payloads: dict[str, Any]) -> None:
    """Require that what is published has all that ticks are held against.

    Args:
        table: the dialect.
        payloads: "option_tick" and "underlying_bar" → the template of what is published.

    Raises:
        ValueError: it leaves out a member; the text begins with the key that does.
    """
    for number, tick in enumerate(table.tick):
        kind, key = KINDS[tick.kind], PAYLOADS[tick.kind]
        if kind not in payloads:
            continue
        named = frozenset(paths_in(payloads[kind]))
        left_out = [each for each in MEMBERS[kind] if not {each, each.partition(".")[0]} & named]
        if "sequence" not in named:
            left_out.append("sequence")
        if tick.members is not None and left_out:
            shown = ", ".join(f"{{{each}}}" for each in left_out)
            raise ValueError(
                f'{key}: leaves out {shown}, and members = "{tick.members}" of tick[{number}] in '
                f"the dialect {table.name} holds ticks against every member; publish them all, or "
                "list what comes under fields, instead of members"
            )
        if tick.due and DUE_FIELD not in named:
            raise ValueError(
                f'{key}: leaves out {{{DUE_FIELD}}}, and due = "{tick.due}" of tick[{number}] in '
                f"the dialect {table.name} is where it comes; publish it, or leave out due"
            )

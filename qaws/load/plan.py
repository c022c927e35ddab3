"""What a swarm shall be: groups of clients, and what each of them takes and does."""

from __future__ import annotations

from typing import Literal

import msgspec

from qaws.load.before import taken_before
from qaws.load.schedule import FlowPlan
from qaws.protocol.credentials import Location, credentials
from qaws.protocol.http_step import HttpStep
from qaws.protocol.market import Selection
from qaws.protocol.spelling import Spelling
from qaws.verdict import Broken

Behaviour = Literal["reads", "stops reading", "trickles"]


class Group(msgspec.Struct, frozen=True):
    """Clients that are alike.

    Attributes:
        name: what sentences call them: "client" makes "client 1", "client 2", ….
        count: how many there are.
        selection: what each subscribes to: symbols. Numbers rise per symbol, and a flow is of all
            its instruments in turn; one instrument, or the bars, would be full of holes.
        behaviour: "reads" everything at once; "stops reading" after its acknowledgement;
            "trickles": takes `trickle_bytes` every `trickle_every_s` seconds.
        receive_buffer: SO_RCVBUF in bytes, set before connecting; None leaves it to the system.
            For clients that are to be slow it must be small, or the kernel hides the stall.
        read_again_after_s: a slow client reads at full speed again so many seconds after it was
            ready; None: when it is told to, at the latest at the end.
    """

    name: str
    count: int
    selection: Selection
    behaviour: Behaviour = "reads"
    receive_buffer: int | None = None
    read_again_after_s: float | None = None
    trickle_bytes: int = 2048
    trickle_every_s: float = 0.1

    @classmethod
    def stopped(cls, name: str, count: int, selection: Selection, buffer: int = 1024) -> Group:
        """Return clients that stop reading once they are subscribed."""
        return cls(name, count, selection, "stops reading", buffer)

    @classmethod
    def trickling(cls, name: str, count: int, selection: Selection, buffer: int = 1024) -> Group:
        """Return clients that read a little now and then: about 20 kB a second."""
        return cls(name, count, selection, "trickles", buffer)


class SwarmPlan(msgspec.Struct, frozen=True):
    """Everything a worker has to know.

    Attributes:
        url: where to connect, without the token.
        groups: the clients.
        tokens: shown in turn, client by client; one is enough.
        location: how a token is shown.
        carrier: the name of the parameter or header that has it.
        headers: further request headers.
        before: what each client asks over HTTP before it connects, in order.
        first: symbol → the sequence number of the first tick that everybody must get. Without an
            entry a client's first tick sets it: then a loss before that cannot be seen.
        dialect: how the service spells what it says, and what that is held against.
        flow: what will be published, which the ticks' contents are compared with; None: they are
            not.
        ready_within_s: until when the last client must have its acknowledgement.
        at_once: how many handshakes each worker has under way at a time.
        authority: whom clients trust over TLS, as `client_context` takes it.
        compression: whether clients offer it, as browsers do; the service need not agree.
        keeps_arrivals: whether the arrival of each tick at each client is sent back too: for short
            runs that measure the swarm itself.
    """

    url: str
    groups: tuple[Group, ...]
    tokens: tuple[str, ...] = ()
    location: Location = "query parameter"
    carrier: str = "token"
    headers: dict[str, str] = {}
    before: tuple[HttpStep, ...] = ()
    first: dict[str, int] = {}
    dialect: Spelling = Spelling()
    flow: FlowPlan | None = None
    ready_within_s: float = 20.0
    at_once: int = 20
    authority: str = ""
    compression: bool = False
    keeps_arrivals: bool = False

    @property
    def clients(self) -> int:
        """Return how many clients there are in all."""
        return sum(group.count for group in self.groups)

    def require_countable(self) -> None:
        """Make sure that every group gets all numbers of its symbols.

        Raises:
            Broken: a group's selection leaves some out.
        """
        for group in self.groups:
            if group.selection.kind != "symbols":
                raise Broken(
                    f'group "{group.name}": a swarm takes option ticks of whole symbols; '
                    f"{group.selection} would be full of holes"
                )

    async def way(self, index: int, name: str) -> tuple[str, dict[str, str], str | None]:
        """Return URL, request headers, and what is shown, of client number `index` from 0 on.

        Raises:
            Refusal: the service lets it get no further than to what is asked before.
            Broken: what is asked before does not work.
            OSError: nobody listens there.
        """
        url, further, shown = await taken_before(
            self.before, self.url, self.authority, self.token(index), name
        )
        url, headers = credentials(url, shown, self.location, self.carrier)
        return url, {**self.headers, **further, **headers}, shown

    def token(self, index: int) -> str | None:
        """Return the token that client number `index` shows, None where none is needed."""
        return self.tokens[index % len(self.tokens)] if self.tokens else None

    def shares(self, workers: int) -> list[list[Member]]:
        """Deal the clients out to workers, every group evenly.

        Slow clients get a worker of their own, one more than `workers`: when they read what has
        piled up, nobody's latency is to suffer but theirs.
        """
        everybody = [
            Member(index, name, group)
            for index, (name, group) in enumerate(
                (f"{group.name} {number}" if group.count > 1 else group.name, group)
                for group in self.groups
                for number in range(1, group.count + 1)
            )
        ]
        fast = [member for member in everybody if member.group.behaviour == "reads"]
        slow = [member for member in everybody if member.group.behaviour != "reads"]
        shares = [fast[worker::workers] for worker in range(workers)] + [slow]
        return [share for share in shares if share]


class Member(msgspec.Struct, frozen=True):
    """One client: its number in the whole swarm from 0 on, its name, and its group."""

    index: int
    name: str
    group: Group

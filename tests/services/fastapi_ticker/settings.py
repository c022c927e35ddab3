"""What the service reads from its environment, once, when it starts."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """Times are in seconds, sizes in bytes; 0 turns a limit of connections per user off."""

    host: str
    port: int
    redis_url: str
    jwks_path: str
    issuer: str
    audience: str
    symbols_claim: str
    stats_token: str
    origins: frozenset[str]
    max_clients: int = 1000
    max_clients_per_user: int = 0
    idle_s: float = 300.0
    ping_s: float = 20.0
    heartbeat_s: float = 0.0
    log_level: str = "INFO"
    message_bytes: int = 64 * 1024
    messages_per_s: float = 100.0
    burst: int = 200
    subscriptions: int = 500
    outbox_messages: int = 5000
    protocol: str = "qa-ws"
    jwt_secret: str = ""
    api_keys: str = ""
    """A file with the keys that open a session, instead of tokens of an issuer."""
    ticket_s: float = 0.0
    """For how long a ticket is good that a token gets by POST /ticket; 0: there are none, and a
    token opens a session by itself."""
    desk_secret: str = ""
    """What requests for a ticket are signed with; "": they are not."""
    feed_key: str = ""
    """What publishers show who post ticks; "": they come over Redis."""

    def admits(self, origins: Sequence[str]) -> bool:
        """Return whether a page of these Origin headers may come in; one without any may."""
        if not origins or not self.origins:
            return True
        return len(origins) == 1 and origins[0] in self.origins


def from_environment() -> Settings:
    """Return the settings; one that is missing, and that no service can do without, is an error."""
    env = os.environ
    api_keys = env.get("API_KEYS", "")

    def of_tokens(name: str) -> str:
        return "" if api_keys else env[name]

    return Settings(
        host=env.get("HOST", "127.0.0.1"),
        port=int(env["PORT"]),
        redis_url="" if "FEED_KEY" in env else env["REDIS_URL"],
        jwks_path="" if "JWT_SECRET" in env else of_tokens("JWKS_PATH"),
        jwt_secret=env.get("JWT_SECRET", ""),
        issuer=of_tokens("JWT_ISSUER"),
        audience=of_tokens("JWT_AUDIENCE"),
        symbols_claim=env.get("JWT_SYMBOLS_CLAIM", "symbols"),
        stats_token=env["STATS_TOKEN"],
        origins=frozenset(o for o in env.get("ALLOWED_ORIGINS", "").split(",") if o),
        max_clients=int(env.get("MAX_CLIENTS", "1000")),
        max_clients_per_user=int(env.get("MAX_CLIENTS_PER_USER", "0")),
        idle_s=float(env.get("IDLE_SECONDS", "300")),
        ping_s=float(env.get("PING_SECONDS", "20")),
        heartbeat_s=float(env.get("HEARTBEAT_SECONDS", "0")),
        log_level=env.get("LOG_LEVEL", "INFO"),
        protocol=env.get("PROTOCOL", "qa-ws"),
        api_keys=api_keys,
        ticket_s=float(env.get("TICKET_SECONDS", "0")),
        desk_secret=env.get("DESK_SECRET", ""),
        feed_key=env.get("FEED_KEY", ""),
    )

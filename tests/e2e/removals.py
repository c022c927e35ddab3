"""The reference target with one thing less: what a target file leaves out is never held against it.

`python -m tests.e2e.removals FOLDER` writes all of them there.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = (ROOT / "targets" / "reference.toml").read_text("utf-8")
SETTINGS = (
    *("connection limit", "user limit", "idle timeout", "log level", "keepalive", "allow-list"),
    *("certificate", "certificate key"),
)


def without_line(text, begin):
    """Return a target file without the one line that begins so."""
    kept = [line for line in text.splitlines() if not line.startswith(begin)]
    assert len(kept) == len(text.splitlines()) - 1, begin
    return "\n".join(kept) + "\n"


def without_section(text, name):
    """Return a target file without a section."""
    shorter = re.sub(rf"\[{re.escape(name)}\]\n(?:[^\[\n].*\n|\n)*", "", text)
    assert shorter != text, name
    return shorter


def told_its_port(text):
    """Return a target file that needs no ready line: the suite says which port it is."""
    assert 'TICKER_PORT = "0"' in text
    return text.replace('TICKER_PORT = "0"', 'TICKER_PORT = "{port}"')


def with_own_feed(text, broker_url):
    """Return one whose service has a feed that the suite knows nothing of."""
    return without_section(text, "feed").replace("{broker_url}", broker_url)


REMOVALS = {
    "idle_timeout_s": without_line(REFERENCE, "idle_timeout_s"),
    "token_locations": without_line(REFERENCE, "token_locations"),
    "entitlement_claim": without_line(REFERENCE, "entitlement_claim"),
    "revocation": without_section(REFERENCE, "revocation"),
    "revocation sessions": without_line(REFERENCE, "sessions"),
    "ready_log": told_its_port(without_line(REFERENCE, "ready_log")),
    "ready_path": without_line(REFERENCE, "ready_path"),
    "log_files": without_line(REFERENCE, "log_files"),
    "settings": without_section(REFERENCE, "settings"),
    **{f"setting {name}": without_line(REFERENCE, f'"{name}"') for name in SETTINGS},
    "own_publisher": without_line(REFERENCE, "own_publisher"),
    "statistics": without_section(REFERENCE, "statistics"),
    "statistics headers": without_line(REFERENCE, "headers"),
    "proxy": without_section(REFERENCE, "proxy"),
    "demo": without_section(REFERENCE, "demo"),
}
"""What is taken away → the target file. `[feed]` and `[launch]` need something in their place."""


def written(folder):
    """Write them into a folder; return name → file."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {}
    for name, text in REMOVALS.items():
        files[name] = folder / f"without-{name.replace(' ', '-')}.toml"
        files[name].write_text(text, "utf-8")
    return files


if __name__ == "__main__":
    for file in written(Path(sys.argv[1])).values():
        print(file)

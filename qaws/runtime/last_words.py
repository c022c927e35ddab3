"""What a process has said last, for the sentence that tells of its end.

The very last line of one that ended by an exception is seldom what was thrown: Node.js says its
version there, Java how many frames it has left out, Go and Rust in which frame it began.
"""

from __future__ import annotations

import re

NOTHING = "it wrote nothing"

_COLOUR = re.compile(r"\x1b\[[\d;]*m")

_FRAME = re.compile(
    r"""^(?:
      \s+(?:at|from)\s .*                        # Java, JavaScript, .NET, Ruby
    | \s+\.\.\.\ \d+\ (?:more|common\ frames).*  # Java
    | \s+\S+\(.*\)\ called\ at\ .*               # Perl
    | \s+(?:\|\s+)*File\ ".*",\ line\ \d+.*      # Python
    | \s+\d+:\ +\S.*                             # Rust
    | \s+/\S+\.go:\d+.* | created\ by\ \S+.* | goroutine\ \d+\ .*
    | (?:[\w./*-]|\(\*?\w+\))+\((?:\.\.\.|0x.*|\{0x.*)?\)   # Go: main.main()
    | exit\ status\ \d+ | \[signal\ SIG.*
    | \#\d+\ .* | Stack\ trace: | \s+thrown\ in\ .*         # PHP, AddressSanitizer
    | stack\ backtrace: | note:\ .*RUST_BACKTRACE.* | ==\d+==ABORTING
    | (?:Node\.js|Bun)\ v\d.*
    | [^\w]*                                     # a mark under a line, a frame around others
    )$""",
    re.VERBOSE,
)
"""A line of a stack trace that does not say what was thrown."""

_MARK = re.compile(r"\s*\^+\s*$")
"""Shows where in the line above, which is of the source, something was thrown."""


def last_words(log: str) -> str:
    """Return the last line that says something; of a stack trace, what was thrown."""
    lines = [line for line in _COLOUR.sub("", log).splitlines() if line.strip()]
    behind = [*lines[1:], ""]
    said = [
        line
        for line, next_line in zip(lines, behind, strict=False)
        if not _FRAME.match(line) and not _MARK.match(next_line)
    ]
    return [NOTHING, *lines[-1:], *said[-1:]][-1].strip()

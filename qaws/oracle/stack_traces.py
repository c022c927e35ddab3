r"""Stack traces and other internals in a text, whatever language the service is written in.

The forms of Python 3, Java 17, Node.js 20, Rust, PHP 8.2, Ruby 3.1, Elixir 1.14 with Erlang/OTP 25,
Perl 5 and g++ 12 with AddressSanitizer were taken from programs that were run for it. Those of
others are as documented: Go as in https://pkg.go.dev/runtime (GOTRACEBACK) and `net/http`, .NET
as in https://learn.microsoft.com/dotnet/api/system.exception.stacktrace, Kotlin and Scala as Java's
(they are made by the same virtual machine), Ruby 3.4 as in its NEWS (`'m'` for `` `m' ``).

Where in its input a parser stumbled ("line 1 column 5", "position 3") helps whoever has sent it and
is nothing internal.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

LONGEST_LINE = 2000
"""Characters of a line that are looked at."""

SHOWN = 160
"""Characters of a line that a sentence shows."""


@dataclass(frozen=True, slots=True)
class StackTrace:
    """A stack trace in a text.

    Attributes:
        kind: whose it is, such as "a Java stack trace".
        lines: its lines, at least one, without blanks at their ends.
        before: the line before it, "" for none.
        says: which of its lines says what was thrown; of most languages it is the first.
    """

    kind: str
    lines: Sequence[str]
    before: str = ""
    says: int = 0

    @property
    def thrown(self) -> str:
        """Return the line that says what was thrown, with the next one where it ends in a colon."""
        line, *behind = self.lines[self.says :]
        return f"{line} {behind[0]}" if line.endswith(":") and behind else line

    @property
    def first(self) -> str:
        """Return its first line, shortened."""
        return _shortened(self.lines[0])

    @property
    def last(self) -> str:
        """Return its last line, shortened."""
        return _shortened(self.lines[-1])

    @property
    def ends(self) -> list[str]:
        """Return its first and its last line, shortened; one where it has no more."""
        return list(dict.fromkeys([self.first, self.last]))

    def __str__(self) -> str:
        return f'{self.kind}: "{self.first}"'


class _Form(NamedTuple):
    """How a language writes a stack trace: what no other text has, and what one line of it is."""

    kind: str
    sure: re.Pattern[str]
    frame: re.Pattern[str]


def _form(kind: str, sure: Sequence[str], frames: Sequence[str]) -> _Form:
    return _Form(kind, re.compile("|".join(sure)), re.compile("|".join(frames)))


_JAVA_SOURCE = r"[\w$ .-]+\.(?:java|kts?|scala|groovy|clj)(?::\d+)?"
_SCRIPT = r"(?:file://|node:|webpack|internal/|app:|\.{0,2}/|[A-Za-z]:\\)[^\s()]*:\d+:\d+"

FORMS = (
    _form(
        "a Python traceback",
        [r"Traceback \(most recent call last\)"],
        [r'File "[^"\n]+", line \d+', r"^\s*\^+\s*$"],
    ),
    _form(
        "a Java stack trace",
        [
            r"^\s*Caused by: (?:[\w$]+\.)+[\w$]+",
            r'Exception in thread "[^"]*" (?:[\w$]+\.)+[\w$]+',
            r"\.\.\. \d+ (?:more|common frames omitted)\s*$",
        ],
        [
            rf"\bat (?:[\w.@-]+/+)*(?:[\w$-]+\.)+[\w$<>-]+"
            rf"\((?:{_JAVA_SOURCE}|Native Method|Unknown Source)\)"
        ],
    ),
    _form(
        "a JavaScript stack trace",
        [r"\bat [^()\n]{0,200}\(?node:internal/[\w/]+:\d+"],
        [
            rf"\bat (?:async )?(?:new )?(?:[^\s()]+ (?:\[as [^\]\n]+\] )?\()?{_SCRIPT}\)?",
            r"\bat (?:async )?(?:new )?[^\s()]+ \((?:<anonymous>|index \d+)\)",
            r"\bnode:internal/[\w/]+",
        ],
    ),
    _form(
        "a Go stack trace",
        [
            r"\bgoroutine \d+ \[[^\]\n]+\]:",
            r"^panic: ",
            r"\bpanic: runtime error:",
            r"\bhttp: panic serving ",
            r"\bruntime error: (?:invalid memory address|index out of range|slice bounds out)",
            r"\[signal SIG[A-Z]+: ",
        ],
        [r"/\S+\.go:\d+ \+0x[0-9a-f]+", r"^\s+/\S+\.go:\d+\s*$", r"^created by \S+"],
    ),
    _form(
        "a Rust panic",
        [
            r"\bthread '[^'\n]*' (?:\(\d+\) )?panicked at\b",
            r"\bcalled `(?:Result|Option)::\w+\(\)` on an? `(?:Err|None|Ok)` value",
            r"/rustc/[0-9a-f]{40}/",
        ],
        [
            r"\bat (?:\./|/)[^\s:]+\.rs:\d+",
            r"^stack backtrace:\s*$",
            r"^\s+\d+: +(?:0x[0-9a-f]+ - )?[<\w]\S*::",
            r"\bRUST_BACKTRACE=",
        ],
    ),
    _form(
        "a .NET stack trace",
        [
            r"\bat [^\n]{1,400}\) in [^\n]{1,400}:line \d+",
            r"--- End of (?:inner exception stack trace|stack trace from previous)",
            r"\bUnhandled exception\. (?:\w+\.)+\w+",
        ],
        [r"^\s*at (?:[\w`+<>]+\.)+[\w`<>$|.]+(?:\[[^\]\n]*\])?\((?:[^()\n]*[\w\]&*>] \w+)?\)\s*$"],
    ),
    _form(
        "a PHP stack trace",
        [
            r"#\d+ \{main\}",
            r"(?:Fatal|Parse) error: .* in \S+ on line \d+",
            r"\bFatal error: +Uncaught ",
        ],
        [
            r"#\d+ (?:\S+\.php\(\d+\)|\[internal function\]): ",
            r"\bin \S+\.php(?::\d+| on line \d+)",
            r"^Stack trace:\s*$",
        ],
    ),
    _form(
        "a Ruby backtrace",
        [r"^\s*from \S+:\d+:in [`'].+'", r"\S+\.rb:\d+:in [`'].+': .+ \([A-Z][\w:]*\)"],
        [r"\S:\d+:in [`'][^'\n]+'"],
    ),
    _form(
        "an Elixir stack trace",
        [r"\*\* \((?:EXIT\b[^)\n]*|(?:[A-Z]\w*\.)*[A-Z]\w*)\)"],
        [
            r"\([a-z]\w* \d[\w.+-]*\) [\w./-]+\.(?:exs?|erl):\d+: ",
            r"^\s+[\w./-]+\.exs?:\d+: ",
            r"#PID<\d+\.\d+\.\d+>",
        ],
    ),
    _form(
        "an Erlang crash report",
        [r'\{file,"[^"\n]+"\},\s*\{line,\d+\}', r"\bError in process <\d+\.\d+\.\d+>"],
        [r"^=(?:ERROR|CRASH) REPORT===="],
    ),
    _form(
        "a Perl stack trace",
        [r"^\s+\S+\(.*\) called at \S+ line \d+"],
        [r"\bat (?:\S+\.(?:pl|pm|cgi|psgi|t)|\(eval \d+\)) line \d+"],
    ),
    _form(
        "a C++ crash",
        [
            r"\bterminate called (?:after throwing|without an active|recursively)",
            r"\blibc\+\+abi: terminating",
            r"==\d+==\s?ERROR: \w*Sanitizer",
            r"^SUMMARY: \w+Sanitizer",
            r"\.(?:c|cc|cpp|cxx|h|hpp):\d+:\d+: runtime error: ",
            r"\bSegmentation fault\b",
        ],
        [r"#\d+ +0x[0-9a-f]+ in \S", r"\(\S*\+0x[0-9a-f]+\)", r"^\s+what\(\): "],
    ),
)
"""Of a text that fits two, the first one counts."""

_FILES = (
    r"(?:py|pyx|[cm]?js|tsx?|go|rs|rb|php|java|kts?|scala|cs|fs|vb|exs?|erl|pl|pm|c|cc|cpp|hpp?)"
)
_ROOTS = (
    "app|apps|build|builds|code|data|etc|export|go|home|mnt|nix|opt|private|project|root|rustc|src|"
    "srv|tmp|Users|usr|var|work|workdir|workspace|www"
)
INTERNALS = (
    (
        "the path of a source file",
        re.compile(
            rf"(?<![\w.:/])/(?:{_ROOTS})/(?:[\w.@~+-]+/)*[\w.@~+-]+\.{_FILES}\b"
            rf"|(?<![\w.:/])(?:/[\w.@~+-]+)+\.{_FILES}(?::\d+|\(\d+\)|\b.{{0,3}} line \d)"
            rf"|\bfile:///\S+\.{_FILES}\b"
            r"|\b[A-Za-z]:\\(?:[^\\\s\"'<>|:]+\\)+[^\\\s\"'<>|:]+"
            r"|\b(?:site-packages|dist-packages|node_modules)/"
            r"|/[\w-]+\.py\b|(?<![\w.-])[\w-]+\.py\b"
            r"|(?<![\w.:/-])[\w-]+\.(?:go|rb|php|java|kt|cs|exs?|erl|cpp):\d+\b"
            r"|(?<![\w.:/-])(?:[\w.-]+/)*[\w-]+\.(?:rs|[cm]?js|ts|c|cc):\d+:\d+"
        ),
    ),
    ("a memory address", re.compile(r"0x[0-9a-f]{6}")),
    ("the name of an exception", re.compile(r"[A-Z]\w{0,40}(?:Error|Exception)\b")),
)
"""What tells how a service is made, without being a stack trace."""

_ADDRESS = re.compile(r"""\b(?:wss?|https?)://[^\s"'<>)]+""")
"""An address in the web: it may end as a source file does, and its host in a country's letters."""


def telling(text: str) -> str:
    """Say how a text tells how the service is made: by what, and in which line; "" for not."""
    if trace := trace_in(text):
        return str(trace)
    for line in _lines(text):
        plain = _ADDRESS.sub("", line)
        for what, pattern in INTERNALS:
            if found := pattern.search(plain):
                start = max(0, found.end() - SHOWN + 40)
                return f'{what}: "{_shortened(plain[start:].strip())}"'
    return ""


def trace_in(answer: str) -> StackTrace | None:
    """Return the first stack trace of an answer, of which one frame is enough; None for none."""
    return next(_traces(_lines(answer), lone=True), None)


def stack_traces(log: str) -> list[StackTrace]:
    """Return the stack traces of a log, in the order in which they were written.

    A single line that names a source file is none: loggers put that before what they are told.
    """
    return list(_traces(_lines(log), lone=False))


def _lines(text: str) -> list[str]:
    r"""Return the lines of a text, also where JSON (`\n`) or HTML (`<br>`) made them one."""
    if re.search(r"<(?:br|pre|b|p|div)\b", text):
        text = re.sub(r"<br ?/?>|</(?:p|div|li)>", "\n", text)
        text = html.unescape(re.sub(r"</?[a-z][^>\n]{0,200}>", "", text)).replace("\xa0", " ")
    text = re.sub(r"\\r?\\n|\\n", "\n", text).replace("\\t", "\t").replace('\\"', '"')
    return [line.rstrip()[:LONGEST_LINE] for line in text.splitlines()]


def _traces(lines: Sequence[str], *, lone: bool) -> Iterator[StackTrace]:
    """Yield the stack traces; one frame without a neighbour is one where `lone` says so."""
    at, free = 0, 0
    while at < len(lines):
        form = next(
            (f for f in FORMS if f.sure.search(lines[at]) or f.frame.search(lines[at])), None
        )
        if form is None:
            at += 1
            continue
        end = _end(lines, at, form)
        is_sure = any(form.sure.search(line) for line in lines[at:end])
        frames = sum(1 for line in lines[at:end] if form.frame.search(line))
        if is_sure or lone or frames > 1:
            begin = _begin(lines, at, free)
            found = [line for line in lines[begin:end] if line.strip()]
            before = lines[begin - 1] if begin > free else ""
            says = _says(found, form)
            yield StackTrace(form.kind, [line.strip() for line in found], before, says)
            free = end
        at = end


def _begin(lines: Sequence[str], at: int, free: int) -> int:
    """Return the line that says what was thrown, where only the frames behind it have a form."""
    says_what = at > free and lines[at][:1].isspace() and lines[at - 1]
    return at - 1 if says_what else at


def _says(lines: Sequence[str], form: _Form) -> int:
    """Return which line says what was thrown: Python says it behind the frames."""
    if form.kind != "a Python traceback":
        return 0
    plain = (not line[:1].isspace() and not _opens(line, form) for line in lines)
    starts = [n for n, is_plain in enumerate(plain) if is_plain]
    return starts[-1] if starts else len(lines) - 1


def _opens(line: str, form: _Form) -> bool:
    return bool(form.sure.search(line) or form.frame.search(line))


def _end(lines: Sequence[str], at: int, form: _Form) -> int:
    """Return behind which line a stack trace ends that has begun.

    What is indented belongs to it, and what has its form. Python says last what was thrown, and
    goes on where something else was thrown meanwhile; Go and Rust leave lines between.
    """
    end = at + 1
    while end < len(lines):
        line = lines[end]
        if not (_belongs(line, form) or _closes(lines, end, form)):
            ahead = next((n for n in range(end, min(end + 4, len(lines))) if lines[n]), end)
            goes_on = any(form.sure.search(each) for each in lines[ahead : ahead + 3])
            if line or not goes_on:
                break
        end += 1
    while not lines[end - 1]:
        end -= 1
    return end


def _belongs(line: str, form: _Form) -> bool:
    return bool(line[:1].isspace() or form.sure.search(line) or form.frame.search(line))


def _closes(lines: Sequence[str], at: int, form: _Form) -> bool:
    """Return whether a line that is not indented says what was thrown, or is a link of a chain."""
    line, before = lines[at], lines[at - 1]
    if form.kind == "a Python traceback":
        chained = line.startswith(("During handling of the above", "The above exception was"))
        # A message may have several lines, and what the next logger says is none of them.
        start = next((n for n in range(at - 1, -1, -1) if not lines[n][:1].isspace()), -1)
        behind_frames = before[:1].isspace() and (start < 0 or _opens(lines[start], form))
        return bool(line) and (behind_frames or chained)
    if form.kind == "a Rust panic":
        return bool(re.search(r"panicked at .*:\d+:$", before)) or line.startswith("note: ")
    if form.kind == "a Go stack trace":
        return bool(re.match(r"(?:[\w./*-]|\(\*?\w+\))+\(.*\)$|exit status \d", line))
    return False


def _shortened(line: str) -> str:
    line = line.strip()
    return line if len(line) <= SHOWN else line[: SHOWN - 1] + "…"

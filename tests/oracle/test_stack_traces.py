"""Stack traces as each language writes them, and texts that only look a little like one."""

import json
import time

import pytest

from qaws.oracle.stack_traces import stack_traces, telling

PYTHON = """Traceback (most recent call last):
  File "/srv/app/messages.py", line 84, in parse
    action = message["action"]
             ~~~~~~~^^^^^^^^^^
KeyError: 'action'

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/srv/app/server.py", line 12, in serve
    raise Refused from None
app.errors.Refused: no"""

JAVA = """Exception in thread "main" java.lang.IllegalStateException: no origin
\tat desk.x.A.c(A.java:3)
\tat desk.x.A.lambda$main$0(A.java:5)
\tat java.base/jdk.internal.reflect.NativeMethodAccessorImpl.invoke0(Native Method)
Caused by: java.lang.NullPointerException: Cannot invoke "String.length()"
\tat desk.x.A$P.m(A.java:2)
\t... 11 more"""

KOTLIN = """kotlin.KotlinNullPointerException
\tat com.desk.OriginCheck.admits(OriginCheck.kt:12)
\tat io.ktor.server.engine.DefaultKt.invokeSuspend(Default.kt:123)"""

SCALA = """scala.MatchError: null
\tat desk.Origins$.$anonfun$admits$1(Origins.scala:31)
\tat scala.collection.immutable.List.foreach(List.scala:333)"""

NODE = """TypeError: Cannot read properties of undefined (reading 'host')
    at check (file:///srv/desk/a.mjs:1:50)
    at A.respond (/srv/desk/a.mjs:2:35)
    at file:///srv/desk/a.mjs:3:21
    at ModuleJob.run (node:internal/modules/esm/module_job:325:25)
    at async Promise.all (index 0)"""

GO = """http: panic serving 127.0.0.1:52810: runtime error: index out of range [3] with length 0
goroutine 19 [running]:
net/http.(*conn).serve.func1()
\t/usr/local/go/src/net/http/server.go:1850 +0xbf
panic({0x6e5a20, 0xc000018168})
\t/usr/local/go/src/runtime/panic.go:890 +0x262
main.admits(...)
\t/app/main.go:12
created by net/http.(*Server).Serve
\t/usr/local/go/src/net/http/server.go:3102 +0x4db"""

RUST = """thread 'tokio-runtime-worker' (5124) panicked at src/main.rs:1:165:
index out of bounds: the len is 0 but the index is 1
stack backtrace:
   0: __rustc::rust_begin_unwind
             at /rustc/59807616e1fa2540724bfbac14d7976d7e4a3860/library/std/src/panicking.rs:689:5
   5: m::main
note: Some details are omitted, run with `RUST_BACKTRACE=full` for a verbose backtrace."""

DOTNET = """System.NullReferenceException: Object reference not set to an instance of an object.
   at Desk.Origin.Check(String origin) in C:\\src\\Desk\\Origin.cs:line 12
   at Desk.Program.<Main>$(String[] args)"""

PHP = """Fatal error: Uncaught Error: Call to a member function host() on null in /var/www/a.php:1
Stack trace:
#0 /var/www/a.php(2): O->check(NULL)
#1 /var/www/a.php(5): f()
#2 {main}
  thrown in /var/www/a.php on line 1"""

RUBY = """../t/a.rb:2:in `block in each_one': bad (ArgumentError)
\tfrom ../t/a.rb:2:in `each'
\tfrom ../t/a.rb:3:in `<main>'"""

ELIXIR = """** (FunctionClauseError) no function clause matching in Desk.Origin.check/1
    lib/desk/origin.ex:2: Desk.Origin.check(nil)
    (elixir 1.14.0) lib/code.ex:1245: Code.require_file/2"""

ERLANG = """=ERROR REPORT==== 29-Nov-2026::09:29:07.461573 ===
Error in process <0.79.0> with exit value:
{function_clause,[{lists,nth,[3,[]],[{file,"lists.erl"},{line,198}]}]}"""

PERL = """no host at a.pl line 2.
\tApp::Origin::check(1, "x") called at a.pl line 3"""

ASAN = """==5136==ERROR: AddressSanitizer: heap-use-after-free on address 0x602000000010
READ of size 4 at 0x602000000010 thread T0
    #0 0x55a1e10ce30a in main /srv/desk/a.cc:3"""

CPP = """terminate called after throwing an instance of 'std::out_of_range'
  what():  vector::_M_range_check: __n (which is 3) >= this->size() (which is 0)"""

WHOLE = {
    "a Python traceback": [PYTHON],
    "a Java stack trace": [JAVA, KOTLIN, SCALA],
    "a JavaScript stack trace": [NODE],
    "a Go stack trace": [GO],
    "a Rust panic": [RUST],
    "a .NET stack trace": [DOTNET],
    "a PHP stack trace": [PHP],
    "a Ruby backtrace": [RUBY],
    "an Elixir stack trace": [ELIXIR],
    "an Erlang crash report": [ERLANG],
    "a Perl stack trace": [PERL],
    "a C++ crash": [ASAN, CPP],
}
KINDS = [(kind, text) for kind, texts in WHOLE.items() for text in texts]


@pytest.mark.parametrize(("kind", "text"), KINDS)
def test_a_stack_trace_is_known_by_its_language_and_told_by_its_first_line(kind, text):
    lines = text.splitlines()
    assert telling(text) == f'{kind}: "{lines[0]}"'
    (found,) = stack_traces(f"INFO before\n{text}\nINFO a client left\n")
    assert found.kind == kind
    assert found.first == lines[0]
    if "Sanitizer" not in text and kind != "an Erlang crash report":
        assert found.last == lines[-1].strip()


@pytest.mark.parametrize(("kind", "text"), KINDS)
def test_it_is_known_in_json_in_html_and_behind_a_log_line(kind, text):
    assert telling(json.dumps({"error": text})).startswith(kind)
    lines = [line.strip().replace("<", "&lt;").replace(">", "&gt;") for line in text.splitlines()]
    assert telling(f"<pre>{'<br> &nbsp; &nbsp;'.join(lines)}</pre>").startswith(kind)
    assert [each.kind for each in stack_traces(f"ERROR bad: {text}\n")] == [kind]
    assert [each.kind for each in stack_traces(json.dumps({"exc": text}))] == [kind]


@pytest.mark.parametrize(
    ("kind", "piece"),
    [
        ("a Python traceback", 'File "<string>", line 3'),
        ("a Java stack trace", "at com.x.Y.m(Y.java:12)"),
        ("a Java stack trace", "at com.x.Y$Z.<init>(Unknown Source)"),
        ("a Java stack trace", "Caused by: com.x.Bad"),
        ("a JavaScript stack trace", "at fn (/app/x.js:1:2)"),
        ("a JavaScript stack trace", "at new Origin (C:\\app\\x.js:1:2)"),
        ("a JavaScript stack trace", "at Object.<anonymous> (/app/x.ts:1:2)"),
        ("a JavaScript stack trace", "at file:///app/x.mjs:1:2"),
        ("a JavaScript stack trace", "at Array.map (<anonymous>)"),
        ("a JavaScript stack trace", "node:internal/process/task_queues"),
        ("a Go stack trace", "goroutine 1 [running]:"),
        ("a Go stack trace", "goroutine 7 [chan receive, 2 minutes]:"),
        ("a Go stack trace", "/x/y.go:12 +0x1d"),
        ("a Go stack trace", "panic: assignment to entry in nil map"),
        ("a Go stack trace", "runtime error: invalid memory address or nil pointer dereference"),
        ("a Rust panic", "thread 'main' panicked at src/main.rs:4:5"),
        ("a Rust panic", "thread 'main' panicked at 'no origin', src/main.rs:4:5"),
        ("a Rust panic", "called `Option::unwrap()` on a `None` value"),
        ("a .NET stack trace", "at Ns.C.M() in C:\\x.cs:line 3"),
        ("a .NET stack trace", "   at Ns.C.M[T](List`1 each, Int32& n)"),
        ("a PHP stack trace", "#0 /var/www/x.php(12): f()"),
        (
            "a PHP stack trace",
            "<b>Fatal error</b>:  no in <b>/var/x.php</b> on line <b>3</b><br />",
        ),
        ("a Ruby backtrace", "x.rb:12:in 'm'"),
        ("a Ruby backtrace", "x.rb:12:in `m'"),
        ("an Elixir stack trace", "** (RuntimeError) no origin"),
        ("an Elixir stack trace", "(app 1.0.3) lib/x.ex:12: App.X.y/2"),
        ("a Perl stack trace", "Can't locate object method at Desk/Origin.pm line 12."),
        ("the path of a source file", "failed in /srv/app/origin.rb"),
        ("the path of a source file", "failed in /opt/x/site.v2/limits.py"),
        ("the path of a source file", "in limits.py"),
        ("the path of a source file", "main.go:12: bad"),
        ("the path of a source file", "src/main.rs:4:5: bad"),
        ("the path of a source file", "C:\\inetpub\\desk\\web.config"),
        ("the path of a source file", "/home/x/desk/node_modules/ws"),
        ("the path of a source file", "from file:///app/x.js"),
        ("a memory address", "<object at 0x7f3a1c2b3d4e>"),
        ("the name of an exception", "java.lang.NullPointerException"),
        ("the name of an exception", "KeyError: 'action'"),
        ("the name of an exception", "RecursionError"),
    ],
)
def test_a_piece_is_enough_in_an_answer(kind, piece):
    assert telling(f"Invalid message format:\n{piece}").startswith(f"{kind}: ")


INNOCENT = [
    "Invalid message format: Expecting value: line 1 column 1 (char 0)",
    "Invalid message format: expected value at line 1 column 2",
    "JSON is malformed: invalid character (byte 22)",
    'Unexpected token \'}\', "{"a":}" is not valid JSON',
    "Unexpected end of JSON input",
    "invalid character '}' looking for beginning of value",
    "Unexpected character ('}' (code 125)): was expecting a value at [line: 1, column: 6]",
    "'}' is an invalid start of a value. Path: $ | LineNumber: 0 | BytePositionInLine: 5.",
    "unexpected token at '}' (line 2)",
    "Syntax error, malformed JSON",
    "invalid token at position 3",
    "token expired at 12:30:05",
    "at 10:15 the market closes",
    "at open (09:15:00) the market is quiet",
    "closed at 2026-11-29T12:30:05.123+05:30",
    "unknown symbols: NIFTY.NS, BTC.PY, RELIANCE.BO, BRK.B",
    "not found: https://desk.example/app/main.js:443/x",
    "origin https://desk.rs:8443 is not allowed",
    "origin https://bolsa.com.py is not allowed",
    "host bolsa.com.py is not served",
    "see https://docs.example/errors.php#0 and /docs/errors",
    "no such path: /ws/ticks/v1.2",
    "no such path: /ws/index.php",
    "upgrade to version 1.2.3 (build 45): v2.0.0-rc.1",
    "more than 100 subscriptions (limit: 100)",
    "rate limit exceeded: 50 messages per 1.0 s, panic not",
    "the 'action' field is missing; at least one of (instruments, symbols) is needed",
    "nested too deeply: at most 32 levels",
    "an error occurred (id 7f3a1c2b3d4e)",
    "caused by: a missing field",
    "error in message: line item 3 is no object",
    "Stack trace: none",
    "invalid byte 0x80 at offset 12",
    "market data from (desk 1) and (desk 2.0) differ",
    "#0 of the list: not a symbol",
    "exception: none; error: none",
]


@pytest.mark.parametrize("text", INNOCENT)
def test_what_only_helps_the_client_tells_nothing(text):
    assert telling(text) == ""
    assert telling(json.dumps({"type": "error", "message": text})) == ""
    assert stack_traces(f"{text}\n{text}\n") == []


LOG_LINES = [
    "2026/11/29 10:11:12 main.go:12: an origin was refused\n" * 3,
    "an origin was refused at desk.pl line 3.\nINFO next\n",
    "app.py:12 INFO refused: https://elsewhere.example\napp.py:12 INFO refused\n",
    "WARN [Origins.java:31] refused\nWARN [Origins.java:31] refused\n",
    "INFO desk.Origins (Origins.scala:31) - refused\n",
    "a client was refused: InvalidOrigin: https://elsewhere.example\n",
]


@pytest.mark.parametrize("log", LOG_LINES)
def test_a_logger_that_names_the_place_of_its_line_writes_no_stack_trace(log):
    assert stack_traces(log) == []


def test_each_trace_of_a_log_is_one():
    log = f"ERROR one\n{NODE}\nINFO between\n{PYTHON}\nERROR three\n{JAVA}\nINFO done\n"
    found = stack_traces(log)
    assert [each.kind.split()[1] for each in found] == ["JavaScript", "Python", "Java"]
    assert found[1].last == "app.errors.Refused: no"


OF_SEVERAL_LINES = """2026-11-29 17:05:23 Error handling request from 127.0.0.1
Traceback (most recent call last):
  File "aiohttp/web_protocol.py", line 446, in data_received
    messages = self._parser.feed_data(data)
               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "aiohttp/_http_parser.pyx", line 874, in aiohttp._http_parser.cb_on_url
aiohttp.http_exceptions.LineTooLong: 400, message:
  Got more than 8190 bytes when reading
2026-11-29 17:05:24 connected qa-client-7
2026-11-29 17:05:24 connected qa-client-8
"""


def test_a_message_of_several_lines_is_told_from_what_the_log_says_next():
    [trace] = stack_traces(OF_SEVERAL_LINES)
    assert trace.lines[-1] == "Got more than 8190 bytes when reading"
    assert trace.thrown == (
        "aiohttp.http_exceptions.LineTooLong: 400, message: Got more than 8190 bytes when reading"
    )


def test_of_a_chain_the_last_is_what_was_thrown():
    [trace] = stack_traces(OF_SEVERAL_LINES + "\n" + PYTHON)[1:]
    assert trace.thrown == "app.errors.Refused: no"


def test_long_lines_are_shortened_and_take_no_time():
    started = time.perf_counter()
    for unit in ("a.", "at ", "(", "x" * 50 + "(", "/a", "at a.b(", "1:", "#0 "):
        telling(unit * 20_000)
    assert time.perf_counter() - started < 2
    (trace,) = stack_traces("Traceback (most recent call last):\n  x\nValueError: " + "y" * 500)
    assert len(trace.last) == 160
    assert trace.last.endswith("y…")

"""What a process has said last: of a stack trace what was thrown, as each language writes it."""

import pytest

from qaws.runtime.last_words import last_words

JAVA = """\
Exception in thread "main" org.apache.catalina.LifecycleException: Failed to start component
\tat org.apache.catalina.util.LifecycleBase.start(LifecycleBase.java:185)
Caused by: java.lang.ClassNotFoundException: jakarta.annotation.Resource
\tat java.base/java.lang.ClassLoader.loadClass(ClassLoader.java:525)
\t... 29 more
"""
NODE = """\
/srv/ticker.js:1
throw new Error("no port")
^

Error: no port
    at Object.<anonymous> (/srv/ticker.js:1:7)
    at node:internal/main/run_main_module:28:49

Node.js v20.20.2
"""
DENO = """\
\x1b[0m\x1b[1m\x1b[31merror\x1b[0m: Uncaught (in promise) Error: no port
throw new Error("no port")
\x1b[0m\x1b[31m      ^\x1b[0m
    at \x1b[0m\x1b[36mfile:///srv/ticker.ts\x1b[0m:\x1b[0m\x1b[33m1\x1b[0m:7
"""
GO = """\
panic: runtime error: index out of range [7] with length 1

goroutine 1 [running]:
main.f(...)
\t/srv/ticker.go:3
main.(*feed).read({0xc000012345, 0x2})
\t/srv/feed.go:30 +0x1d
main.main()
\t/srv/ticker.go:4 +0x2f
exit status 2
"""
RUST = """\
thread 'main' (28409) panicked at src/main.rs:1:53:
index out of bounds: the len is 0 but the index is 1
stack backtrace:
   0: __rustc::rust_begin_unwind
             at /rustc/5980/library/std/src/panicking.rs:689:5
   1: ticker::main
note: Some details are omitted, run with `RUST_BACKTRACE=full` for a verbose backtrace.
"""
RUBY = """\
/srv/ticker.rb:1:in `f': no port (ArgumentError)
\tfrom /srv/ticker.rb:2:in `<main>'
"""
PERL = """\
no port at ticker.pl line 1.
\tmain::f("a", 1) called at ticker.pl line 3
"""
PHP = """\
PHP Fatal error:  Uncaught Exception: no port in /srv/ticker.php:1
Stack trace:
#0 {main}
  thrown in /srv/ticker.php on line 1
"""
NET = """\
Unhandled exception. System.InvalidOperationException: no port
   at Program.<Main>$(String[] args) in /srv/Program.cs:line 3
"""
PYTHON = """\
Traceback (most recent call last):
  File "/srv/ticker.py", line 1, in <module>
KeyError: 'PORT'
"""
GROUP = """\
  + Exception Group Traceback (most recent call last):
  |   File "<string>", line 1, in <module>
  | ExceptionGroup: several (1 sub-exception)
  +-+---------------- 1 ----------------
    | ValueError: no port
    +------------------------------------
"""
CPP = "terminate called after throwing an instance of 'std::runtime_error'\n  what():  no port\n"


@pytest.mark.parametrize(
    ("log", "said"),
    [
        (JAVA, "Caused by: java.lang.ClassNotFoundException: jakarta.annotation.Resource"),
        (NODE, "Error: no port"),
        (DENO, "error: Uncaught (in promise) Error: no port"),
        (GO, "panic: runtime error: index out of range [7] with length 1"),
        (RUST, "index out of bounds: the len is 0 but the index is 1"),
        (RUBY, "/srv/ticker.rb:1:in `f': no port (ArgumentError)"),
        (PERL, "no port at ticker.pl line 1."),
        (PHP, "PHP Fatal error:  Uncaught Exception: no port in /srv/ticker.php:1"),
        (NET, "Unhandled exception. System.InvalidOperationException: no port"),
        (PYTHON, "KeyError: 'PORT'"),
        (GROUP, "| ValueError: no port"),
        (CPP, "what():  no port"),
    ],
)
def test_of_a_stack_trace_it_is_what_was_thrown(log, said):
    assert last_words(log) == said


@pytest.mark.parametrize(
    "line",
    [
        "on port 8080",
        "  listening at 127.0.0.1:8080",
        "\x1b[32mINFO\x1b[0m ready",
        "usage: ticker (--port N)",
        "3: no such feed",
        "from 8080 on",
    ],
)
def test_any_other_last_line_is_itself(line):
    plain = line.replace("\x1b[32m", "").replace("\x1b[0m", "").strip()
    assert last_words(f"one\n{line}\n\n") == plain


def test_a_log_of_nothing_but_frames_says_its_last_one():
    assert last_words("    at f (/srv/a.js:1:1)\n    at g (/srv/a.js:2:1)\n").startswith("at g")


def test_an_empty_log_says_so():
    assert last_words("\n \n") == "it wrote nothing"

"""A whole run: what it leaves, what it exits with, and that nothing outlives it."""

import json
import signal
import subprocess
import sys
from contextlib import ExitStack, closing, suppress

import psutil
import pytest

import bench.contestants
from bench.__main__ import main
from bench.allocating import Allocating, allocating
from bench.contestants import k6_version
from bench.delivering import Delivery, Load, Stage
from bench.figures import (
    ALSO_BY_TABLE,
    K6,
    PER_CLIENT,
    REFERENCE,
    SWARM,
    TABLE,
    TWICE,
    Run,
    beside,
    of,
)
from bench.machine import Machine, cpu_s
from bench.page import bench_page
from bench.plots import fanout_plot, growth_plot, receiving_plot
from bench.receiving import Receipt
from bench.tally import Tally
from qaws.verdict import Broken
from tests.processes import line_of, started
from tests.waiting import HANG_S, until


def receipt(received_s, used_s, doubt=None):
    return Receipt(Tally(ticks=1000, complete=1), received_s, 2.0, used_s, 0.1, None, doubt)


def delivery(total_s, wrong=None):
    return Delivery(Load(), 1000, 0.1, total_s, 4.0, 9.0, 0.1, 0.2, 1.0, wrong, None)


def made_up(k6_s=20.0, slow_s=11.0):
    return Run(
        "make bench",
        False,
        Machine("a processor", 2, 8.0, "Linux 6", "3.11"),
        receiving={SWARM: [receipt(1.0, 1.0)] * 3, K6: [receipt(k6_s, 30.0)] * 3},
        limit=[receipt(0.2, 0.1)],
        fanout={
            REFERENCE: [delivery(2.0)] * 3,
            TWICE: [delivery(1.0)] * 3,
            PER_CLIENT: [delivery(slow_s)] * 3,
        },
        growth={"clients": [(10, delivery(1.0)), (100, delivery(1.0))]},
        allocating={REFERENCE: Allocating(2000, 3000, 128_000)},
    )


def test_all_bounds_met():
    run = made_up()
    assert [bound.verdict for bound in run.bounds()] == ["met"] * 3
    assert [round(bound.measured) for bound in run.bounds()] == [20, 30, 11]
    assert run.passed


def test_a_dialect_of_a_table_is_held_against_qa_ws():
    run = made_up()
    for how in ALSO_BY_TABLE:
        run.receiving[beside(how)] = [receipt(1.0, 1.0)] * 3
        run.receiving[of(TABLE, how)] = [receipt(1.25 if how else 1.5, 1.0)] * 3
    found = {bound.what: bound.verdict for bound in run.bounds() if "by table" in bound.what}
    assert found == {
        "swarm by table, against qa-ws, messages/s": "missed",
        "swarm by table, a time per client, against qa-ws, messages/s": "met",
        "swarm by table, a counter per client, against qa-ws, messages/s": "met",
    }


def test_a_missed_bound_fails_the_run():
    run = made_up(k6_s=14.0)
    assert [bound.verdict for bound in run.bounds()] == ["missed", "met", "met"]
    assert not run.passed


def test_an_inconclusive_bound_fails_the_run():
    run = made_up()
    run.receiving[K6] = [receipt(20.0, 30.0, "busy")] * 3
    assert [bound.verdict for bound in run.bounds()] == ["inconclusive"] * 2 + ["met"]
    assert not run.passed


def test_a_wrong_delivery_fails_the_run_though_all_bounds_are_met():
    run = made_up()
    run.problems.append("reference, round 1: 3 x gap")
    assert not run.passed


def test_the_page_holds_everything_and_fetches_nothing():
    run = made_up()
    pictures = {
        "receiving": receiving_plot(run),
        "fanout": fanout_plot(run, 1000),
        "growth": growth_plot(run),
    }
    page = bench_page(run, pictures)
    assert page.count("<svg") == 3
    assert "swarm against k6, messages/s" in page
    assert "<tr><td>reference<td>1.50<td>64<td>" in page
    assert "src=" not in page
    assert "@media print" in page
    assert json.loads(run.to_json())["medians"]["receiving"]["swarm"]["messages_per_s"] == 1000


def test_k6_that_cannot_run_is_said_in_one_line(monkeypatch, tmp_path):
    monkeypatch.setattr(bench.contestants, "k6_program", lambda: str(tmp_path / "k6"))
    with pytest.raises(Broken, match=r"k6 cannot run here .* make bench installs it") as caught:
        k6_version()
    assert "\n" not in str(caught.value)


def test_what_a_service_allocates_is_counted_for_the_deliveries_alone(tmp_path):
    """One send per client allocates for each of them, which the reference does not."""
    pytest.importorskip("memray", reason="memray is not there; make bench brings it")
    pytest.importorskip("fastapi", reason="FastAPI is not there; make bench brings it")
    with closing(Stage(tmp_path)) as stage:
        load = Load(20, 100, 1.0)
        ours, theirs = (
            allocating(stage, tmp_path, name, load, HANG_S) for name in (REFERENCE, PER_CLIENT)
        )
    assert ours.wrong is theirs.wrong is None
    assert ours.deliveries == theirs.deliveries == 2 * load.ticks * load.clients
    assert 0 < 2 * ours.blocks_each < theirs.blocks_each
    assert 0 < ours.bytes_each < theirs.bytes_each


def test_parts_that_are_not_there(capsys):
    with pytest.raises(SystemExit):
        main(["--only", "x"])
    assert "choose out of a, b, c, d, e" in capsys.readouterr().err


def test_cpu_seconds_of_a_process_with_threads_and_children():
    burn = (
        "import subprocess, sys, threading, time\n"
        "def work():\n"
        "    end = time.thread_time() + 0.1\n"
        "    while time.thread_time() < end: pass\n"
        "thread = threading.Thread(target=work); thread.start(); thread.join()\n"
        "if len(sys.argv) > 1: subprocess.run([sys.executable, '-c', sys.argv[1]])\n"
        "print('done', flush=True); sys.stdin.read()\n"
    )
    alone = burn.replace("sys.stdin.read()", "")
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with started(sys.executable, "-c", burn, alone, **pipes) as process:
        assert line_of(process) == "done\n"
        used = cpu_s([process.pid])
    assert 0.19 <= used < 2


def lives(process):
    with suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def test_interrupted_it_leaves_nothing_behind(tmp_path):
    command = [sys.executable, "-m", "bench", "--quick", "--only", "a", "--without", "k6"]
    pipes = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
    with ExitStack() as stack:
        process = stack.enter_context(started(*command, "--out", str(tmp_path), **pipes))

        def two_children():
            assert process.poll() is None, f"it has ended by itself: {process.stderr.read()}"
            found = psutil.Process(process.pid).children(recursive=True)
            return found if len(found) >= 2 else None

        children = until(two_children, "two processes that the bench has started")
        for child in children:
            stack.callback(end_if_it_lives, child)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=HANG_S)
        assert process.returncode == 130
        assert "everything that was started has been ended" in said
        assert not [child for child in children if lives(child)]


def end_if_it_lives(process):
    with suppress(psutil.NoSuchProcess):
        process.kill()

"""A proxy in front of a service: started with it, watched with it, ended with it."""

import textwrap
import time

import psutil
import pytest

from qaws.sut.services import Services
from qaws.sut.target import Target
from qaws.verdict import Broken, NotVerified
from tests.sut.test_service import HEALTHY, READY_LINE
from tests.waiting import HANG_S, until

PASSES_ON = """
    import asyncio, sys
    service, own = int(sys.argv[1]), int(sys.argv[2])
    async def pump(reader, writer):
        while data := await reader.read(4096):
            writer.write(data)
        writer.close()
    async def pass_on(reader, writer):
        there, back = await asyncio.open_connection("127.0.0.1", service)
        await asyncio.gather(pump(reader, back), pump(there, writer))
    async def main():
        async with await asyncio.start_server(pass_on, "127.0.0.1", own) as server:
            await server.serve_forever()
    asyncio.run(main())
"""


def program(text, *arguments):
    source = textwrap.dedent(text).replace("{", "{{").replace("}", "}}")
    return ["{python}", "-u", "-c", source, *arguments]


@pytest.fixture
def services(tmp_path):
    made = []

    def make(proxy=None, **more):
        told = {"command": program(PASSES_ON, "{port}", "{proxy_port}"), "ready_within_s": HANG_S}
        target = Target.model_validate(
            {
                "name": "mine",
                "dialect": "qa-ws",
                "endpoint": {"url": "ws://127.0.0.1:{port}/ws"},
                "auth": {"generate_key": True},
                "launch": {
                    "command": program(HEALTHY),
                    "ready_log": READY_LINE,
                    "ready_path": "/health",
                    "ready_within_s": HANG_S,
                },
                "proxy": {**told, **(proxy or {}), **more},
                "statistics": {"path": "/s"},
                "file": "mine.toml",
            }
        )
        made.append(Services(target, tmp_path, {"folder": str(tmp_path)}))
        return made[-1]

    yield make
    for each in made:
        each.stop()


def ports(service):
    own = int(service.url.split(":")[2].split("/")[0])
    return own, service.port


def test_clients_come_through_the_proxy_where_that_is_asked_for(services):
    offered = services()
    plain, proxied = offered.get(), offered.get(behind_proxy=True)
    assert ports(plain)[0] == ports(plain)[1]
    assert ports(proxied)[0] != ports(proxied)[1]
    assert offered.get(behind_proxy=True) is proxied
    assert offered.get() is plain


def test_all_come_through_it_where_the_target_says_so(services):
    offered = services(for_all=True)
    service = offered.get()
    assert ports(service)[0] != ports(service)[1]
    assert offered.get(behind_proxy=True) is service


def test_a_service_that_is_launched_early_gets_its_proxy_when_it_tells_its_port(services):
    offered = services(for_all=True)
    service = offered.launch()
    until(lambda: offered.told_port(service), "the port is told")
    offered.await_ready(service)
    assert ports(service)[0] != ports(service)[1]


def test_what_serves_is_the_service_and_not_the_proxy(services):
    service = services(for_all=True).get()
    assert service.serving_pids() == [service.process.pid]


def test_the_proxy_ends_with_the_service(services):
    before = set(psutil.Process().children(recursive=True))
    offered = services(for_all=True)
    offered.get()
    assert len(set(psutil.Process().children(recursive=True)) - before) == 2
    offered.stop()
    assert set(psutil.Process().children(recursive=True)) <= before


def test_a_proxy_that_dies_is_no_fault_of_the_service(services):
    offered = services(for_all=True)
    service = offered.get()
    service.proxy._process.stop(0.0)
    with pytest.raises(Broken, match='the proxy of "mine" ended with exit code -15; its last line'):
        offered.require_alive()


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"command": program("raise SystemExit('no such file: Proxyfile')")}, "no such file"),
        (
            {"command": program("import time; time.sleep(60)"), "ready_within_s": 0.2},
            r"does not listen on port \d+ within 0.2 s; look at \[proxy\] command",
        ),
    ],
)
def test_a_proxy_that_does_not_start_is_told_and_nothing_stays(services, how, said):
    before = set(psutil.Process().children(recursive=True))
    began = time.monotonic()
    with pytest.raises(Broken, match=said):
        services(how, for_all=True).get()
    assert time.monotonic() - began < HANG_S
    assert set(psutil.Process().children(recursive=True)) <= before


@pytest.mark.parametrize(("for_all", "kind"), [(True, Broken), (False, NotVerified)])
def test_a_proxy_that_is_not_on_this_machine(services, for_all, kind):
    offered = services(command=["no-such-proxy"], for_all=for_all)
    with pytest.raises(kind, match=r"mine.toml: \[proxy\] 'no-such-proxy' is not on this machine"):
        offered.get(behind_proxy=True)


def test_a_proxy_that_came_with_the_suite_is_found_where_no_path_leads(services, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    command = program(PASSES_ON, "{port}", "{proxy_port}")
    service = services(command=["python", *command[1:]], for_all=True).get()
    assert ports(service)[0] != ports(service)[1]

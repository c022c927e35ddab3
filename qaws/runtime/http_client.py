"""HTTP requests that follow no redirect, and go through no proxy on this machine."""

from __future__ import annotations

import asyncio
import os
import urllib.error
import urllib.request
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import lru_cache
from http.client import HTTPException
from urllib.parse import urlsplit

from qaws.runtime.trust import context_for

AT_ONCE = 64
"""So many are asked at the same time at most; others wait for their turn."""

LONGEST_ANSWER = 1 << 20
"""Bytes of an answer that are read at most."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would take a token to an address that nobody has named."""

    def redirect_request(self, *_: object) -> None:
        return None


def opener(url: str, authority: str) -> urllib.request.OpenerDirector:
    """Return who asks at a URL: of redirects it makes an `HTTPError`.

    `authority` is what `client_context` takes. The proxy that the environment names is for other
    machines only.
    """
    parts = urlsplit(url)
    return _opener(parts.hostname in ("127.0.0.1", "localhost", "::1"), parts.scheme, authority)


@lru_cache(maxsize=8)
def _opener(loopback: bool, scheme: str, authority: str) -> urllib.request.OpenerDirector:
    """Make one, which all that ask at the same kind of place share."""
    proxies = urllib.request.ProxyHandler({} if loopback else None)
    secure = urllib.request.HTTPSHandler(context=context_for(f"{scheme}:", authority))
    return urllib.request.build_opener(proxies, secure, _NoRedirect)


def ask(
    authority: str,
    method: str,
    url: str,
    headers: Mapping[str, str],
    data: bytes | None,
    within_s: float,
) -> tuple[int, str, list[tuple[str, str]], bytes]:
    """Ask, and return status, its phrase, headers and body, whatever they are.

    Raises:
        OSError: no answer came: a `ConnectionResetError` where somebody took the connection and cut
            it, a `TimeoutError` where nothing came for `within_s` seconds, an `ssl.SSLError` where
            the certificate is not trusted.
        ValueError: a header or the URL cannot be sent like that.
    """
    request = urllib.request.Request(url, data, dict(headers), method=method)
    try:
        try:
            answer = opener(url, authority).open(request, timeout=within_s)
        except urllib.error.HTTPError as refusal:
            answer = refusal
        with answer:
            body = answer.read(LONGEST_ANSWER)
            return answer.status, answer.reason or "", list(answer.headers.items()), body
    except urllib.error.URLError as problem:
        if isinstance(problem.reason, OSError):
            raise problem.reason from None
        raise OSError(str(problem.reason)) from None
    except HTTPException as problem:
        raise ConnectionResetError(f"{type(problem).__name__}: {problem}") from None


async def asked(
    authority: str,
    method: str,
    url: str,
    headers: Mapping[str, str],
    data: bytes | None,
    within_s: float,
) -> tuple[int, str, list[tuple[str, str]], bytes]:
    """Do the same without holding up the loop; `within_s` is for all of it.

    It counts from when the request goes out: that it waits for a thread is no time of whoever is
    asked.

    Raises:
        OSError: as `ask`.
        ValueError: as `ask`.
    """
    loop, begun = asyncio.get_running_loop(), asyncio.Event()

    def asking() -> tuple[int, str, list[tuple[str, str]], bytes]:
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(begun.set)
        return ask(authority, method, url, headers, data, within_s)

    answer = loop.run_in_executor(_threads_of(os.getpid()), asking)
    try:
        await begun.wait()
        async with asyncio.timeout(within_s):
            return await answer
    finally:
        answer.cancel()


@lru_cache(maxsize=1)
def _threads_of(_process: int) -> ThreadPoolExecutor:
    """Return the threads that ask: a process that is forked has none of its parent's."""
    return ThreadPoolExecutor(AT_ONCE, "asking")

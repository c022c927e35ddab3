"""Phrases of a throwaway project, one for each thing that a step can do."""

import os
import time
from pathlib import Path

import allure
from behave import step

from qaws.verdict import Broken, Check, Inconclusive

REPORTS = Path(os.environ.get("THROWAWAY_REPORTS", "reports"))


@step("it holds")
def holds(context):
    allure.attach("0.000 > ping", "wire", allure.attachment_type.TEXT)
    context.attach("text/plain", "through behave")


@step('"{what}" is "{measured}" where "{allowed}" is allowed')
def figure(context, what, measured, allowed):
    context.checks.done.append(Check(what, measured, allowed, "met"))


@step('"{what}" is "{measured}" where "{allowed}" is allowed, but nobody looks')
def overlooked(context, what, measured, allowed):
    context.checks.done.append(Check(what, measured, allowed, "not met"))


@step("the service is refuted")
def refuted(context):
    context.checks.require(False, "latency to <Alice>", "312 ms", "at most 200 ms")


@step("a plain assertion fails")
def asserts(context):
    raise AssertionError("one is not two")


@step("the harness is starved")
def starved(context):
    raise Inconclusive("the harness stood still for 812 ms")


@step("the broker is away")
def broken(context):
    raise Broken("broker redis://broker.example:1 refuses connections")


@step("a step has a bug")
def bug(context):
    raise KeyError("session_id")


@step("the rest is skipped")
def skips(context):
    context.scenario.skip("the target lacks capability: observe")


@step("the message is {text}")
def message(context, text):
    pass


@step("it is interrupted")
def interrupted(context):
    raise KeyboardInterrupt


@step("it takes long")
def takes_long(context):
    (REPORTS / "long").touch()
    until = time.monotonic() + 600
    while time.monotonic() < until:  # a signal just ahead of a sleep does not end it
        time.sleep(0.1)

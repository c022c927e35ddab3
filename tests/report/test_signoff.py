"""The report's pages load nothing from the network."""

import pytest

from qaws.report.node import ReportError
from qaws.report.signoff import network_loads, strip_analytics


@pytest.mark.parametrize(
    "text",
    [
        '<script src="https://a.example/x.js"></script>',
        '<link rel=stylesheet href="//a.example/x.css">',
        "<img src='http://a.example/x.png'>",
        "<style>@import 'https://a.example/x.css';</style>",
        "<style>b{background:url(https://a.example/x.png)}</style>",
        '<p style="background:url(//a.example/x.png)">',
    ],
)
def test_network_loads_are_found(text):
    assert network_loads(f"<html>{text}</html>")


def test_a_link_that_wants_a_click_is_no_load():
    assert (
        network_loads('<a href="https://a.example/">a</a><img src="data:image/png;base64,">') == []
    )


def test_analytics_of_another_shape_are_an_error():
    with pytest.raises(ReportError, match="looks different"):
        strip_analytics('<script src="https://www.googletagmanager.com/new.js"></script>')

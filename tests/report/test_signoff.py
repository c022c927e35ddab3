"""The report's pages load nothing from the network."""

from pathlib import Path

import pytest

from qaws.report import run_files, signoff
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


def test_a_disk_that_is_full_is_told_in_one_line_and_leaves_no_page(tmp_path, monkeypatch, capsys):
    (tmp_path / "index.html").write_text("an older success")

    def full(*_, **__):
        (tmp_path / "signoff.html").write_text("the first page of two")
        raise OSError(28, "No space left on device", str(tmp_path / "verdict.json"))

    monkeypatch.setattr(signoff, "_generate", full)
    assert signoff.make_report(tmp_path) == 2
    said = capsys.readouterr()
    assert said.err == f"BROKEN: {tmp_path / 'verdict.json'}: No space left on device\n"
    assert [file.name for file in tmp_path.iterdir()] == ["signoff.html"]
    assert "nothing can be signed on it" in (tmp_path / "signoff.html").read_text()


def test_half_a_page_is_not_left(tmp_path, monkeypatch):
    def full(*_, **__):
        (tmp_path / ".page.new").touch()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OSError, match="No space left"):
        run_files.write_whole(tmp_path / "page", "text")
    assert not [*tmp_path.iterdir()]

"""Without a browser there is neither PDF nor picture, and one line says how to get one."""

import pytest

from qaws.report import command, signoff
from qaws.report.browser import NoBrowser, print_pdf, take_pictures


@pytest.fixture
def no_browser(monkeypatch):
    monkeypatch.setenv("QAWS_BROWSER", "/nowhere/chromium")


def test_the_line_names_what_is_missing(no_browser, tmp_path):
    with pytest.raises(NoBrowser, match="no PDF: no browser is installed"):
        print_pdf(tmp_path)
    with pytest.raises(NoBrowser, match="no pictures: "):
        take_pictures(tmp_path, tmp_path)


def test_a_browser_that_does_not_print_is_named(monkeypatch, tmp_path):
    program = tmp_path / "chromium"
    program.write_text("#!/bin/sh\necho it is out of paper >&2\nexit 3\n")
    program.chmod(0o755)
    monkeypatch.setenv("QAWS_BROWSER", str(program))
    with pytest.raises(NoBrowser, match=f"{program} does not print: it is out of paper"):
        print_pdf(tmp_path)


def test_the_report_is_made_all_the_same(no_browser, tmp_path, capsys):
    signoff._tell_pdf(tmp_path)
    assert "apt-get install chromium" in capsys.readouterr().err


def test_pictures_that_were_asked_for_and_cannot_be_taken_are_told(
    no_browser, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(command, "make_report", lambda reports, pdf: 0)
    code = command.main(["--reports", str(tmp_path), "--pictures", str(tmp_path)])
    assert code == 2
    assert "BROKEN: no pictures" in capsys.readouterr().err

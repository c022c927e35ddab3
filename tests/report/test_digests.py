"""Whether a reports folder is as the run left it."""

import json

import pytest

from qaws.report import digests


@pytest.fixture
def features(tmp_path):
    folder = tmp_path / "features"
    folder.mkdir()
    (folder / "feed.feature").write_text("Feature: feed\n")
    return folder


@pytest.fixture
def reports(tmp_path, features):
    folder = tmp_path / "reports"
    for name in ("junit", "evidence", "logs"):
        (folder / name).mkdir(parents=True)
    for name in ("index.html", "signoff.html", "signoff.md", "run.json", "checks.jsonl"):
        (folder / name).write_text(name)
    verdict = {"run": {"verdict": "PASSED"}, "signoff": {"verdict": "READY TO SIGN"}}
    (folder / "verdict.json").write_text(json.dumps(verdict))
    (folder / "junit" / "feed.xml").write_text("<testsuite/>")
    digests.write_digests(folder, features)
    return folder


def verified(capsys, reports, features, *flags):
    code = digests.main([str(reports), *flags], reports, features)
    return code, capsys.readouterr()


def test_what_is_as_it_was_is_told_with_its_verdict(reports, features, capsys):
    code, said = verified(capsys, reports, features, "--features")
    assert code == 0
    assert "UNALTERED: run PASSED, sign-off READY TO SIGN" in said.out


def test_the_digest_of_the_digests_is_told_to_be_kept_elsewhere(reports, features, capsys):
    digest = digests.write_digests(reports, features)
    assert f"digests.json: SHA-256 {digest}" in verified(capsys, reports, features)[1].out
    assert len(digest) == 64


@pytest.mark.parametrize("name", ["index.html", "checks.jsonl", "verdict.json", "junit/feed.xml"])
def test_a_byte_more_is_an_alteration(reports, features, capsys, name):
    with (reports / name).open("a") as file:
        file.write(" ")
    code, said = verified(capsys, reports, features)
    assert code == 1
    assert said.out.splitlines()[0] == f"{reports}/{name}: was altered"
    assert "ALTERED: 1 file\n" in said.out


def test_what_is_missing_or_added_is_named(reports, features, capsys):
    (reports / "signoff.md").unlink()
    (reports / "junit" / "more.xml").write_text("<testsuite/>")
    code, said = verified(capsys, reports, features)
    assert code == 1
    assert f"{reports}/signoff.md: is missing" in said.out
    assert f"{reports}/junit/more.xml: was added" in said.out
    assert "ALTERED: 2 files" in said.out


def test_evidence_that_came_behind_the_sheet_alters_nothing_of_it(reports, features, capsys):
    file = reports / "evidence" / "faults.json"
    file.write_text("{}")
    assert verified(capsys, reports, features)[0] == 0
    digests.write_digests(reports, features)
    file.write_text("{ }")
    code, said = verified(capsys, reports, features)
    assert code == 1
    assert "faults.json: was altered, or is of a later run: `qaws report` takes it in" in said.out


def test_logs_and_the_folder_s_own_readme_are_none_of_it(reports, features, capsys):
    (reports / "README.md").write_text("Reports")
    (reports / "logs" / "service.log").write_text("more")
    assert verified(capsys, reports, features)[0] == 0


def test_features_are_asked_about_only_where_they_are_to_be(reports, features, capsys):
    (features / "feed.feature").write_text("Feature: another\n")
    assert verified(capsys, reports, features)[0] == 0
    code, said = verified(capsys, reports, features, "--features")
    assert code == 1
    assert f"{features}/feed.feature: was altered" in said.out


def test_rows_of_data_belong_to_the_features(reports, features, capsys):
    (features / "data").mkdir()
    file = features / "data" / "origins.toml"
    file.write_text('[[row]]\nname = "a"\n')
    digests.write_digests(reports, features)
    assert verified(capsys, reports, features, "--features")[0] == 0
    file.write_text('[[row]]\nname = "b"\n')
    code, said = verified(capsys, reports, features, "--features")
    assert code == 1
    assert f"{file}: was altered" in said.out


def test_features_are_those_of_the_run_and_not_of_its_report(reports, features, capsys):
    begun = digests.feature_digests(features)
    (reports / "run.json").write_text(json.dumps({"features": begun}))
    (features / "a.feature").write_text("Feature: edited while the run ran")
    digests.write_digests(reports, features)
    assert verified(capsys, reports, features, "--features")[0] == 1
    assert verified(capsys, reports, features)[0] == 0


@pytest.mark.parametrize("bit", [0x01, 0x20])
def test_no_byte_of_the_digests_themselves_is_altered_unnoticed(reports, features, bit):
    begun = digests.feature_digests(features)
    (reports / "run.json").write_text(json.dumps({"features": begun}))
    digests.write_digests(reports, features)
    file = reports / digests.NAME
    sound = file.read_bytes()
    for at in range(len(sound)):
        file.write_bytes(sound[:at] + bytes([sound[at] ^ bit]) + sound[at + 1 :])
        assert digests.main([], reports, features) in (1, 2), sound[:at]
    file.write_bytes(sound.replace(b"\n", b"\r\n"))
    assert digests.main([], reports, features) == 1
    file.write_bytes(sound)
    assert digests.main([], reports, features) == 0


@pytest.mark.parametrize("text", [None, "", "{", "[]", '{"reports": 1}'])
def test_without_digests_nothing_can_be_told(reports, features, capsys, text):
    (reports / digests.NAME).unlink()
    if text is not None:
        (reports / digests.NAME).write_text(text)
    code, said = verified(capsys, reports, features)
    assert code == 2
    assert said.err.startswith("BROKEN: ")
    assert said.err.count("\n") == 1

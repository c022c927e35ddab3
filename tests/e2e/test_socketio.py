"""The suite against a service on python-socketio."""

from tests.doubts import require_sound
from tests.e2e.test_dialects import ROOT, behave

TARGET = ROOT / "tests/services/socketio_ticker/target.toml"
ASKED = ("001", "002", "005", "006", "008", "009", "016", "017")


def test_a_sound_service_is_verified_from_handshake_to_outage(tmp_path):
    tags = " or ".join(f"@QA-WS-{number}" for number in ASKED)
    output, rows = behave(tmp_path, TARGET, f"@p0 and ({tags})")
    require_sound(rows, output)
    passed = {row["id"] for row in rows if row["status"] == "passed"}
    assert passed >= {f"QA-WS-{number}" for number in ASKED}, output
    assert "note: the first look" not in output  # what comes ahead of the welcome is as declared
    kept = [path.read_text("utf-8", "replace") for path in (tmp_path / "allure-results").iterdir()]
    told = "as the target says, texts are read as socket.io, clients send socket.io"
    assert any(told in each for each in kept)


def test_a_tick_that_comes_twice_is_told_in_the_words_of_the_features(tmp_path):
    output, rows = behave(tmp_path, TARGET, "@p0 and @QA-WS-008", BREAKS="doubles")
    failed = [row["message"] for row in rows if row["status"] == "failed"]
    assert any("received ticks more than once: " in message for message in failed), output


def test_texts_that_a_team_s_own_file_does_not_read_are_told_for_what_they_are(tmp_path):
    code = (
        "from qaws.protocol import socketio\n\n\n"
        "def decode(message):\n"
        "    if message[0] == '0':\n        raise ValueError('zero')\n"
        "    return socketio.decode(message)\n\n\n"
        "encode = socketio.encode\n"
    )
    (tmp_path / "packets.py").write_text(code, "utf-8")
    target = tmp_path / "target.toml"
    text = TARGET.read_text("utf-8").replace('= "socket.io"', f'= "{tmp_path}/packets.py"')
    target.write_text(text, "utf-8")
    output, _ = behave(tmp_path, target, "@QA-WS-001 and @p0")
    assert "is a text of" in output
    assert f"that is no {tmp_path}/packets.py: ValueError: zero" in output

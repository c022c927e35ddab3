"""The rows of data: what is wrong with one is said in one line."""

import pytest

from qaws import places
from qaws.protocol import content, malformed, rows
from qaws.protocol.rows import Row, RowList
from qaws.verdict import Broken

GOOD = '[[row]]\nname = "a song"\nsource = "Plan"\nsends = "la"\n'


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """Read a list of malformed payloads from text, and a second file of a team's own."""
    monkeypatch.setattr(places, "DATA", tmp_path)
    monkeypatch.setattr(rows, "_OWN", [])
    monkeypatch.setattr(rows, "_LISTS", dict(rows._LISTS))

    def read(text, own=None, row=malformed.FeedPayload):
        (tmp_path / "songs.toml").write_text(text)
        songs = RowList("songs", "song", row)
        if own is not None:
            (tmp_path / "own").mkdir(exist_ok=True)
            (tmp_path / "own" / "songs.toml").write_text(own)
            rows.use(tmp_path / "own")
        return songs

    return read


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[row]\n", r"songs.toml: is not TOML: .*line 1"),
        (GOOD + GOOD, 'songs.toml: "a song" is there twice; give one another name'),
        (GOOD.replace("sends", "sedns"), '"a song": has no key "sedns"; did you mean "sends"'),
        (GOOD.replace("sends", "zzz"), '"a song": has no key "zzz"; it may have name, source'),
        (GOOD.replace('source = "Plan"\n', ""), '"a song": lacks "source"; add source = …'),
        (GOOD.replace('"a song"', '""'), '"": name: string should have at least 1 character'),
        (GOOD.replace('name = "a song"\n', ""), 'row 1: lacks "name"; add name = …'),
        (GOOD.replace('"la"', "7"), '"a song": sends: 7 is neither a text nor a table'),
        (GOOD.replace("[[row]]", "[row]"), r"rows are written as \[\[row\]\]"),
        (GOOD.replace("[[row]]", "[[rows]]"), r'no table "rows" here; rows are \[\[row\]\]'),
        (
            GOOD + 'published_as = "a song"\n',
            "\"a song\": published_as: input should be 'option tick' or 'underlying bar'",
        ),
    ],
)
def test_what_is_wrong_with_a_file_is_said_in_one_line(mine, text, said):
    with pytest.raises(Broken, match=said) as problem:
        _ = mine(text).rows
    assert "\n" not in str(problem.value)


def test_a_file_that_is_gone_is_named(mine, tmp_path):
    songs = mine(GOOD)
    (tmp_path / "songs.toml").unlink()
    with pytest.raises(Broken, match=r"songs.toml: is gone; put it back"):
        _ = songs.rows


def test_an_unknown_name_is_told_with_the_nearest(mine):
    songs = mine(GOOD)
    with pytest.raises(Broken, match=r'no song "a sonk"; did you mean "a song"; .*songs.toml'):
        songs.named("a sonk")
    with pytest.raises(Broken, match=r'no song "silence"; known are a song; .*songs.toml'):
        songs.named("silence")


def test_a_teams_own_rows_come_behind_those_of_the_suite(mine):
    songs = mine(GOOD, GOOD.replace("a song", "a hymn"))
    assert list(songs.rows) == ["a song", "a hymn"]
    with pytest.raises(Broken, match=r'own/songs.toml: "a song" is there twice'):
        _ = mine(GOOD, GOOD).rows


def test_a_file_of_no_list_is_named(mine, tmp_path):
    mine(GOOD)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "sonks.toml").write_text(GOOD)
    with pytest.raises(Broken, match=r"sonks.toml: no list is called so; known are .*songs"):
        rows.use(tmp_path / "other")


def test_a_list_without_own_tables_has_rows_only(mine):
    assert list(mine('[[row]]\nname = "x"\nsource = "Plan"\n', row=Row).rows) == ["x"]


@pytest.mark.parametrize(
    ("written", "made"),
    [
        ("abc", b"abc"),
        (["a", {"hex": "FF 0A"}, "b"], b"a\xff\nb"),
        ({"text": "ab", "times": 3}, b"ababab"),
        ({"text": "a", "times": 3, "between": ","}, b"a,a,a"),
        ({"text": "{n}", "times": 3, "between": ",", "counted": True}, b"0,1,2"),
        ({"text": "{n}", "times": 2}, b"{n}{n}"),
        ({"text": "a", "times": "number * 2 + 1"}, b"aaaaa"),
        ({"text": "a", "times": "number"}, b"aa"),
        ({"text": "a", "times": 0}, b""),
        ({"every_byte": ["80", "83"]}, b"\x80\x81\x82\x83"),
        ({"code": 1000}, b"\x03\xe8"),
        ({"tick": "bar"}, b'{"open": 1, "close": 2}'),
        ({"tick": "bar", "without": ["open"], "with": {"close": None}}, b'{"close": null}'),
        ({"tick": "bar", "open": True}, b'{"open": 1, "close": 2'),
    ],
)
def test_pieces_make_what_they_say(written, made):
    assert content.content(written).made(2, {"bar": {"open": 1, "close": 2}}) == made


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (None, "None is neither a text nor a table"),
        ({"txt": "a"}, 'a piece has no key "txt"; it may have text, hex'),
        ({"text": "a", "hex": "00"}, "a piece has one of text, hex, .*, not 2 of them"),
        ({"times": 2}, "not 0 of them"),
        ({"text": 7}, '"text" is a text, not 7'),
        ({"hex": "XY"}, "'XY' is not hexadecimal"),
        ({"hex": 7}, "7 is not hexadecimal"),
        ({"every_byte": ["FF", "00"]}, "from one byte to a later one"),
        ({"every_byte": "FF"}, "from one to another"),
        ({"code": 70000}, "a number from 0 to 65535, not 70000"),
        ({"text": "a", "with": {}}, '"with" is about a tick'),
        ({"tick": 7}, '"tick" is "option tick" or "underlying bar", not 7'),
        ({"tick": "bar", "with": 7}, '"with" is a table of members, not 7'),
        ({"tick": "bar", "without": "open"}, '"without" is a list of members'),
        ({"text": "a", "times": -1}, "-1 is no amount"),
        ({"text": "a", "times": True}, "True is no amount"),
        ({"text": "a", "times": "number / 2"}, "'number / 2' is no amount: write 1000, or a sum"),
        ({"text": "a", "times": 2, "between": 7}, '"between" is a text, not 7'),
    ],
)
def test_what_is_no_content_is_said(written, said):
    with pytest.raises(ValueError, match=said):
        content.content(written)

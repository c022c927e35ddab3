"""The packed report holds what the unpacked one did, byte for byte."""

import base64

import pytest

from qaws.report.packing import PackingError, pack, unpack

DATA = {"data/a.txt": b"\x00\xff" * 9, "data/b.json": "ä</script>]]>\u2028".encode(), "empty": b""}


def page(data):
    entries = ",".join(f'd("{n}","{base64.b64encode(v).decode()}")' for n, v in data.items())
    return (
        f"<body><script defer>\n Promise.allSettled([{entries}])\n .then(function(){{\n"
        "window.allureReportDataReady = true;\n })\n </script></body>"
    )


def test_nothing_is_lost():
    packed = pack(page(DATA))
    assert unpack(packed) == DATA
    assert "Promise.allSettled" not in packed


def test_repeated_evidence_takes_no_room():
    data = {f"data/{n}": b"the same line of a transcript\n" * 400 for n in range(100)}
    assert len(pack(page(data))) < len(page(data)) / 50


@pytest.mark.parametrize("odd", ["<body></body>", page(DATA).replace('d("empty"', "e(")])
def test_a_page_of_another_shape_is_an_error(odd):
    with pytest.raises(PackingError, match=r"packing\.py"):
        pack(odd)

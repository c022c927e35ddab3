"""Whatever a service says: every writer leaves a document that can be read, and says it.

Control characters, halves of characters, ends of lines of all kinds, ends of sections and scripts,
terminal sequences, text that turns round what stands beside it: it is all there, spelled out where
a reader would not see it.
"""

import base64
import io
import json
import re
import subprocess
from html.parser import HTMLParser
from types import SimpleNamespace
from xml.etree import ElementTree

import allure_commons.logger
import pytest
from allure_commons import model2
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from qaws.clients.endings import Ending
from qaws.clients.frame_log import Frame
from qaws.oracle.ledger import Ledger
from qaws.report import junit, packing, signoff
from qaws.report.formatter import _details
from qaws.report.markdown import summary
from qaws.report.node import find_node
from qaws.report.outcome import Outcome
from qaws.report.panel import panel
from qaws.report.sequence_diagram import sequence_diagram
from qaws.report.transcript import transcript
from qaws.runner.record import JUNIT, write_junit
from qaws.verdict import Check, readable
from tests.report.test_markdown import VERDICT
from tests.report.test_signoff_model import case, checks, result
from tests.waiting import HANG_S

LONGEST = 50
ODD = ["\0", "\x1b[31m", "\ud800", "\udfff", "\u2028", "\u2029", "\x85", "\r", "\n", "\t", "]]>"]
ODD += ["</script>", "<!--", "&amp;", "&#0;", '"', "'", "|", "`", "\u202e", "\ufeff", "\uffff"]
SAID = st.lists(st.one_of(st.sampled_from(ODD), st.text(max_size=8)), max_size=12).map(
    lambda parts: "".join(parts)[:LONGEST]
)


def plain(text):
    """Return a text without blanks, with all spelled out that some writers do not."""
    letters = "".join(re.sub(r"\\[nrt]", "", text).split())
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in letters)


class Text(HTMLParser):
    """The text of a page, without scripts and styles."""

    def __init__(self, page):
        super().__init__()
        self.found, self.tags, self._mute = [], [], 0
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self._mute += tag in ("script", "style")

    def handle_endtag(self, tag):
        self._mute -= tag in ("script", "style")

    def handle_data(self, data):
        if not self._mute:
            self.found.append(data)

    def __str__(self):
        return "".join(self.found)


def xml_text(document):
    document.encode("utf-8")
    return "".join(ElementTree.fromstring(document).itertext())


def client(said):
    log = [
        Frame(1, "→", "handshake", "GET /"),
        Frame(2, "←", "text", "", {"type": "error", "message": said}),
        Frame(3, "←", "close", said, code=1008),
    ]
    parts = {"session_id": said, "ending": Ending(3, 1008, said, "the service")}
    return SimpleNamespace(
        name="Alice", log=log, ended_by_service=True, http_error=None, breaches=[said], **parts
    )


# ----------------------------------------------------------- writers: what was said → what is read
def junit_of_a_feature(said, folder):
    element = junit._element(Outcome("failed", "Refuted", f"latency: {said}", ""))
    text = io.BytesIO()
    ElementTree.ElementTree(element).write(text, encoding="utf-8", xml_declaration=True)
    return ElementTree.fromstring(text.getvalue()).text


def junit_of_a_run(said, folder):
    write_junit(folder, f"the broker said {said}")
    return xml_text((folder / JUNIT).read_text("utf-8"))


def allure_result(said, folder):
    outcome = Outcome("failed", "Refuted", f"latency: {said}", said)
    logger = allure_commons.logger.AllureFileLogger(folder)
    logger.report_result(model2.TestResult(uuid="1", statusDetails=_details(outcome)))
    (file,) = folder.glob("*-result.json")
    text = file.read_text("utf-8")
    file.unlink()
    return json.loads(text)["statusDetails"]["message"]


def allure_page(said, folder):
    kept = json.dumps({"message": readable(said)}, ensure_ascii=False).encode("utf-8")
    entry = f'd("data/1.json","{base64.b64encode(kept).decode()}")'
    page = f"<script defer>Promise.allSettled([{entry}]).then(function(){{ "
    page += "window.allureReportDataReady = true; })</script>"
    return json.loads(packing.unpack(packing.pack(page))["data/1.json"])["message"]


def panel_of_a_scenario(said, folder):
    page = panel([], [Check("reason", said, "any", "met")], [("figure", said)], [(said, "<svg/>")])
    page.encode("utf-8")
    text = Text(page)
    assert {"script", "b"} & set(text.tags) == {"b"}
    return str(text)


def picture_of_a_scenario(said, folder):
    return xml_text(sequence_diagram([(0, "When")], [client(said)], Ledger(), 0))


def transcript_of_a_client(said, folder):
    text = transcript(client(said), 0)
    text.encode("utf-8")
    assert text.splitlines()[1:3] == text.split("\n")[1:3]  # nothing in it begins a line of its own
    return text


def markdown_page(said, folder):
    text = summary(VERDICT | {"unpassed": [VERDICT["unpassed"][0] | {"reason": said}]})
    text.encode("utf-8")
    unescaped = re.sub(r"\\([\\`*_{}\[\]#|~@!])", r"\1", text)
    return unescaped.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def console(said, folder):
    told = io.StringIO()
    run = {"verdict": "FAILED", "reason": said, "total": 1, "passed": 0}
    one = {"id": "QA-WS-006", "title": "Tick", "row": said, "verdict": "FAILED", "reason": said}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stdout", told)
        signoff._tell(folder, VERDICT | {"run": run, "unpassed": [one]})
    text = told.getvalue()
    text.encode("utf-8")
    assert text.replace("\n", "").isprintable()
    return text


WRITERS = [
    *(junit_of_a_feature, junit_of_a_run, allure_result, allure_page, panel_of_a_scenario),
    *(picture_of_a_scenario, transcript_of_a_client, markdown_page, console),
]


@pytest.mark.parametrize("writer", WRITERS)
def test_whatever_is_said_can_be_read(writer, tmp_path_factory):
    folder = tmp_path_factory.mktemp("reports")

    @settings(deadline=None, max_examples=60)
    @given(SAID)
    def holds(said):
        read = writer(said, folder)
        assert read == readable(read)
        assert plain(readable(said)) in plain(read)

    holds()


@settings(deadline=None, max_examples=6, phases=[Phase.generate])
@given(st.lists(SAID, min_size=20, max_size=40))
def test_whatever_is_said_can_be_read_on_the_sheet(needs_node, many):
    many = [json.loads(json.dumps(said)) for said in many]  # which makes one of two halves
    inputs = [
        case([result(status="failed", message=f"it «{said}»")], [checks(said, sid="QA-WS-001")])
        for said in many
    ]
    done = subprocess.run(
        [find_node(), "tests/report/sheets.mjs"],
        input=json.dumps(inputs),
        capture_output=True,
        text=True,
        timeout=HANG_S,
        check=True,
    )
    for said, sheet in zip(many, json.loads(done.stdout), strict=True):
        sheet.encode("utf-8")
        page = Text(sheet)
        assert "script" not in page.tags
        first = f"it «{said}»".split("\n")[0]  # the rest is in the report
        assert plain(readable(first)) in plain(str(page))
        assert plain(readable(said)) in plain(str(page))

"""What the hand-written pages tell a reader to run, open or look at is there."""

import re
import shlex
from pathlib import Path

import pytest

from qaws.runner import cli
from qaws.runner.init import _parser

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
TEXTS = {str(page.relative_to(ROOT)): page.read_text("utf-8") for page in PAGES}
TARGETS = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
PACKAGE = re.compile(r"\*\*`(qaws/[a-z/]+)/`\*\*")
NOT_MODULES = {"run.json", "qaws", "setup.py", "capabilities", "snapshot"}


def commands(text):
    """Yield each command of a page: of its blocks, lines that go on put together, and in lines."""
    for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL):
        for line in block.replace("\\\n", " ").splitlines():
            for said in line.split("  #")[0].split(" && "):
                yield said.strip().removeprefix(".venv/bin/")
    prose = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    yield from re.findall(r"`((?:make|qaws|behave) [^`\n]+)`", prose)


def told(program):
    return [
        pytest.param(command, id=f"{page}: {command}")
        for page, text in TEXTS.items()
        for command in dict.fromkeys(commands(text))
        if command.startswith(f"{program} ")
    ]


@pytest.mark.parametrize("command", told("make"))
def test_what_make_is_told_to_do_is_in_the_makefile(command):
    for word in shlex.split(command)[1:]:
        assert word in TARGETS or re.match(r"[A-Z]+=", word), word


@pytest.mark.parametrize("command", told("qaws"))
def test_each_command_of_qaws_is_one(command):
    words = shlex.split(command.replace("…", ""))
    assert words[1] in cli.COMMANDS or words[1].startswith("--")
    if words[1] == "init" and len(words) > 2 and "--help" not in words:
        _parser().parse_args(words[2:])


@pytest.mark.parametrize("command", [*told("behave"), *told("qaws run")])
def test_what_a_run_is_to_select_is_there(command):
    words = shlex.split(command)
    features = [file.read_text("utf-8") for file in (ROOT / "features").glob("*.feature")]
    tags = set(re.findall(r"@[\w-]+", "".join(features)))
    for word in words:
        if word.startswith("--tags=@") and "own" not in word:
            assert word.removeprefix("--tags=") in tags, word
        if word.startswith("features/") and "own" not in word:
            assert (ROOT / word.split(":")[0]).is_file(), word


@pytest.mark.parametrize("page", TEXTS)
def test_links_lead_somewhere(page):
    for link in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"```.*?```", "", TEXTS[page], flags=re.S)):
        if re.match(r"https?:", link):
            continue
        file, _, anchor = link.partition("#")
        there = (ROOT / page).parent / file if file else ROOT / page
        assert there.exists(), link
        if anchor and there.suffix == ".md":
            assert anchor in anchors(there.read_text("utf-8")), link


def anchors(text):
    titles = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    slugs = (re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles)
    return {*slugs, *re.findall(r'<a id="([^"]+)"', text)}


def test_each_module_is_where_the_architecture_has_it():
    text = TEXTS["docs/architecture.md"].split("\n## A tick")[0]
    parts = PACKAGE.split(text)[1:]
    missing = [
        f"{package}: {name}"
        for package, body in zip(parts[::2], parts[1::2], strict=True)
        for name in first_named(package, body)
        if not any((ROOT / package).rglob(f"{name}.py")) and not (ROOT / package / name).is_dir()
    ]
    assert missing == []


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "docs/architecture.md"])
def test_files_that_are_named_by_their_path_are_there(page):
    named = set(re.findall(r"`((?:qaws|app|features|signoff|tests|faults)/[\w./-]+)`", TEXTS[page]))
    invented = {"features/steps/CAPABILITY.py", "faults/CAPABILITY.py"}
    assert {each for each in named - invented if not (ROOT / each).exists()} == set()


def first_named(package, body):
    """Yield names of a package's part of the page that are modules somewhere."""
    own = re.split(r"\n\*\*", body)[0]
    if package == "qaws/clients":
        own = re.sub(r"\(in `behaviours.*?\)", "", own, flags=re.DOTALL)
    modules = {file.stem for file in (ROOT / "qaws").rglob("*.py")}
    yield from (name for name in re.findall(r"`([a-z_]+)`", own) if name in modules - NOT_MODULES)

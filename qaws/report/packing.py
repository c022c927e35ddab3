"""Packs the data of Allure's single file: all of it is still there, compressed.

Allure writes each result and attachment into the page in base64, a third larger than it is. Here
all of them become one compressed block, which the browser unpacks as it opens the page; Allure
waits for that (`allureReportDataReady`). Nothing is left out, and no byte of it changes.
"""

from __future__ import annotations

import base64
import json
import re
import zlib

_BEGIN = re.compile(r"<script defer>\s*Promise\.allSettled\(\[")
_END = re.compile(
    r"\]\)\s*\.then\(function\(\)\{\s*window\.allureReportDataReady = true;\s*\}\)\s*</script>"
)
_ENTRY = re.compile(r'd\("([^"\\<]*)","([A-Za-z0-9+/=]*)"\),?')
_PACKED = re.compile(r'<script type="text/plain" id="qaws-data">([A-Za-z0-9+/=]*)</script>')

_UNPACK = """<script>
(async () => {
  const text = atob(document.getElementById("qaws-data").textContent);
  const packed = Uint8Array.from(text, (letter) => letter.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  const head = new DataView(bytes.buffer).getUint32(0);
  const base64 = (part) => {
    let letters = "";
    for (let at = 0; at < part.length; at += 32768) {
      letters += String.fromCharCode.apply(null, part.subarray(at, at + 32768));
    }
    return btoa(letters);
  };
  let at = 4 + head;
  for (const [name, size] of JSON.parse(new TextDecoder().decode(bytes.subarray(4, at)))) {
    const part = bytes.subarray(at, at + size);
    const get = () => base64(part);
    Object.defineProperty(window.allureReportData, name, { enumerable: true, get });
    at += size;
  }
  window.allureReportDataReady = true;
})().catch((error) => {
  document.body.textContent = "This report could not be unpacked (" + error + "). "
    + "It needs Chromium 80, Firefox 113, Safari 16.4, or newer.";
});
</script>"""


class PackingError(Exception):
    """Allure's page is not made as it was: one line that says so."""


def pack(page: str) -> str:
    """Return Allure's page with its data compressed.

    Args:
        page: Allure's single file.

    Raises:
        PackingError: the page does not hold its data in the way that is known.

    """
    begin = _BEGIN.search(page)
    end = _END.search(page, begin.end()) if begin else None
    if not begin or not end:
        raise PackingError("Allure's page holds its data in another way now: see packing.py")
    held = page[begin.end() : end.start()]
    entries = {name: base64.b64decode(value) for name, value in _ENTRY.findall(held)}
    if _ENTRY.sub("", held):
        raise PackingError("Allure's page holds data that cannot be packed: see packing.py")
    names = json.dumps([[name, len(value)] for name, value in entries.items()]).encode()
    block = b"".join([len(names).to_bytes(4, "big"), names, *entries.values()])
    packed = base64.b64encode(zlib.compress(block, 9)).decode()
    data = f'<script type="text/plain" id="qaws-data">{packed}</script>\n{_UNPACK}'
    return page[: begin.start()] + data + page[end.end() :]


def unpack(page: str) -> dict[str, bytes]:
    """Return what a packed page holds, by Allure's name for it; nothing where it is not packed."""
    found = _PACKED.search(page)
    if not found:
        return {}
    block = zlib.decompress(base64.b64decode(found[1]))
    at = 4 + int.from_bytes(block[:4], "big")
    held = {}
    for name, size in json.loads(block[4:at]):
        held[name] = block[at : at + size]
        at += size
    return held

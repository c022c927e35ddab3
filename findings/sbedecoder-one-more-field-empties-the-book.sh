#!/usr/bin/env bash
# sbedecoder: the exchange appends a field to a message, and each book of it is empty, or full of prices that nobody sent.
#
# Expected: a message says how long its block is, so that a reader with the older schema skips what it does not know and
#   finds the groups behind it: that is how SBE is extended. Two messages of a buffer are two messages.
# Seen: sbedecoder 0.1.10 takes the length of the block from its own schema and reads the groups at the old place. What stands
#   there is the new field: its first bytes become the length and number of entries. With a sequence number of 7 the book has
#   no entries, with 131084 two entries with prices out of the middle of others. No error. And the fields belong to the
#   message's type, not to the message: of two messages in a list the first has the second's values, and so have the entries
#   of a group.
# Why it matters: exchanges announce such a change weeks ahead and call it compatible; the recorder of that morning has messages,
#   times and empty books. A list of what one packet had is the usual step between reading and a test's assertion.
# Way to live with it: compare message.block_length.value with message.schema_block_length and refuse what differs; copy the values
#   out of each message and entry before the next; in tests a message with a longer block.
# Versions: sbedecoder 0.1.10, lxml 6.1.3, six 1.17.0 (PyPI), Python 3.11.7. Nothing found about it. Schema and messages are the
#   script's own, of the form of CME's, whose feed the package is made for.
#
# Output seen (sent: 5000.25 x 10 and 5000.5 x 20; the reader has version 1 of the schema):
#   version 1                       block 8    5000.25 x 10, 5000.5 x 20
#   version 2, new field 7          block 12   no entries
#   version 2, new field 131084     block 12   3900120026.12 x 1164, 4973861850.08 x 1164
#   two messages, times 111 and 222 in a loop 111 222, in a list 222 222
#   entries of one message          in a loop 5000.25 5000.5, in a list 5000.5 5000.5
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check sbedecoder==0.1.10 lxml==6.1.3 six==1.17.0 >pip.log 2>&1 ||
  { cat pip.log; exit 1; }

cat > schema.xml <<'SCHEMA'
<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<ns2:messageSchema package="mktdata" id="1" version="1" byteOrder="littleEndian"
    xmlns:ns2="http://www.fixprotocol.org/ns/simple/1.0">
  <types>
    <type name="uInt64" primitiveType="uint64"/>
    <type name="Int32" primitiveType="int32"/>
    <composite name="messageHeader">
      <type name="blockLength" primitiveType="uint16"/>
      <type name="templateId" primitiveType="uint16"/>
      <type name="schemaId" primitiveType="uint16"/>
      <type name="version" primitiveType="uint16"/>
    </composite>
    <composite name="groupSize">
      <type name="blockLength" primitiveType="uint16"/>
      <type name="numInGroup" primitiveType="uint8"/>
    </composite>
    <composite name="PRICE9">
      <type name="mantissa" primitiveType="int64"/>
      <type name="exponent" presence="constant" primitiveType="int8">-9</type>
    </composite>
  </types>
  <ns2:message name="MDIncrementalRefreshBook46" id="46" description="MDIncrementalRefreshBook" blockLength="8">
    <field name="TransactTime" id="60" type="uInt64" offset="0" description="time"/>
    <group name="NoMDEntries" id="268" blockLength="12" dimensionType="groupSize" description="entries">
      <field name="MDEntryPx" id="270" type="PRICE9" offset="0" description="price"/>
      <field name="MDEntrySize" id="271" type="Int32" offset="8" description="size"/>
    </group>
  </ns2:message>
</ns2:messageSchema>
SCHEMA

cat > probe.py <<'PROBE'
import struct
import sys

from sbedecoder import MDPMessageFactory, MDPSchema, SBEParser

BOOK = [(5_000_250_000_000, 10), (5_000_500_000_000, 20)]


def message(time=111, added=None, entries=BOOK):
    """A message of version 1, or of version 2 with one more field at the end of its block."""
    block = struct.pack("<Q", time) + (b"" if added is None else struct.pack("<I", added))
    group = struct.pack("<HB", 12, len(entries)) + b"".join(struct.pack("<qi", *entry) for entry in entries)
    header = struct.pack("<HHHH", len(block), 46, 1, 1 if added is None else 2)
    return struct.pack("<H", 2 + len(header + block + group)) + header + block + group


def book(data):
    found = next(iter(parser.parse(data)))
    entries = [
        f"{entry.md_entry_px.value:.12g} x {entry.md_entry_size.value}" for entry in found.no_md_entries.repeating_groups
    ]
    return f"block {found.block_length.value:<4} {', '.join(entries) or 'no entries'}"


def both(items, value):
    looped = [str(value(item)) for item in items()]
    return f"in a loop {' '.join(looped)}, in a list {' '.join(str(value(item)) for item in list(items()))}"


schema = MDPSchema()
schema.parse("schema.xml")
parser = SBEParser(MDPMessageFactory(schema))
two = message() + message(time=222, entries=BOOK[:1])
lines = [
    f"version 1                       {book(message())}",
    f"version 2, new field 7          {book(message(added=7))}",
    f"version 2, new field 131084     {book(message(added=131084))}",
    f"two messages, times 111 and 222 {both(lambda: parser.parse(two), lambda found: found.transact_time.value)}",
]
entries = next(iter(parser.parse(message()))).no_md_entries
lines.append(
    f"entries of one message          {both(lambda: entries.repeating_groups, lambda entry: entry.md_entry_px.value)}"
)
print("\n".join(lines))
if lines != [
    "version 1                       block 8    5000.25 x 10, 5000.5 x 20",
    "version 2, new field 7          block 12   no entries",
    "version 2, new field 131084     block 12   3900120026.12 x 1164, 4973861850.08 x 1164",
    "two messages, times 111 and 222 in a loop 111 222, in a list 222 222",
    "entries of one message          in a loop 5000.25 5000.5, in a list 5000.5 5000.5",
]:
    sys.exit("not as described any more")
PROBE
timeout 60 venv/bin/python -W ignore probe.py

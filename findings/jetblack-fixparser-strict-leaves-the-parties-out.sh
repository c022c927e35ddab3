#!/usr/bin/env bash
# jetblack-fixparser: read strictly, as by default, a trade has b'2' in place of its two parties; read loosely, it has them.
#
# Expected: strict=True checks more (required fields, the order in a group) and reads the same; what it cannot read it refuses.
# Seen: jetblack-fixparser 2.5.0 has one loop for fields in their order and one for fields in any order. The first reads a group inside a group to find
#   its end, drops what it has read, and keeps the count as it came, as bytes. The group outside is right, and so is all behind it. With strict=False, or
#   StrictMode.ENSURE_REQUIRED alone, the inner groups are there. No error, with validate=True either.
# Why it matters: groups in groups are who traded (NoPartyIDs in NoSides), the legs' parties, the stipulations of a quote. Sides, prices and accounts are
#   right, so nobody looks; the code for parties finds no list and takes it for none. Encoding the message again raises TypeError.
# Way to live with it: strict=StrictMode.ENSURE_REQUIRED. A test message with two parties in each of two sides.
# Versions: jetblack-fixparser 2.5.0, simplefix 1.0.17 (to write the message), PyPI, Python 3.11.7. Nothing found about it. The dictionary is cut down to
#   the fields of one message; groups are declared as in QuickFIX's.
#
# Output seen (the sides of one TradeCaptureReport):
#   strict=True                       BUY O1 ACC1 parties b'2'
#                                     SELL O2 ACC2 parties b'1'
#   strict=False                      BUY O1 ACC1 parties ALPHA/1 CLEAR/4
#                                     SELL O2 ACC2 parties BETA/1
#   strict=StrictMode.ENSURE_REQUIRED BUY O1 ACC1 parties ALPHA/1 CLEAR/4
#                                     SELL O2 ACC2 parties BETA/1
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check jetblack-fixparser==2.5.0 simplefix==1.0.17

cat > dictionary.xml <<'DICTIONARY'
<fix major="4" minor="4" servicepack="0" type="FIX">
  <header>
    <field name="BeginString" required="Y"/>
    <field name="BodyLength" required="Y"/>
    <field name="MsgType" required="Y"/>
    <field name="SenderCompID" required="Y"/>
    <field name="TargetCompID" required="Y"/>
    <field name="MsgSeqNum" required="Y"/>
    <field name="SendingTime" required="Y"/>
  </header>
  <trailer><field name="CheckSum" required="Y"/></trailer>
  <messages>
    <message name="TradeCaptureReport" msgtype="AE" msgcat="app">
      <field name="TradeReportID" required="Y"/>
      <field name="Symbol" required="Y"/>
      <field name="LastQty" required="Y"/>
      <field name="LastPx" required="Y"/>
      <group name="NoSides" required="Y">
        <field name="Side" required="Y"/>
        <field name="OrderID" required="Y"/>
        <group name="NoPartyIDs" required="N">
          <field name="PartyID" required="N"/>
          <field name="PartyRole" required="N"/>
        </group>
        <field name="Account" required="N"/>
      </group>
    </message>
  </messages>
  <components/>
  <fields>
    <field number="8" name="BeginString" type="STRING"/>
    <field number="9" name="BodyLength" type="LENGTH"/>
    <field number="35" name="MsgType" type="STRING"><value enum="AE" description="TRADE_CAPTURE_REPORT"/></field>
    <field number="49" name="SenderCompID" type="STRING"/>
    <field number="56" name="TargetCompID" type="STRING"/>
    <field number="34" name="MsgSeqNum" type="SEQNUM"/>
    <field number="52" name="SendingTime" type="UTCTIMESTAMP"/>
    <field number="10" name="CheckSum" type="STRING"/>
    <field number="571" name="TradeReportID" type="STRING"/>
    <field number="55" name="Symbol" type="STRING"/>
    <field number="32" name="LastQty" type="QTY"/>
    <field number="31" name="LastPx" type="PRICE"/>
    <field number="552" name="NoSides" type="NUMINGROUP"/>
    <field number="54" name="Side" type="CHAR">
      <value enum="1" description="BUY"/>
      <value enum="2" description="SELL"/>
    </field>
    <field number="37" name="OrderID" type="STRING"/>
    <field number="453" name="NoPartyIDs" type="NUMINGROUP"/>
    <field number="448" name="PartyID" type="STRING"/>
    <field number="452" name="PartyRole" type="INT"/>
    <field number="1" name="Account" type="STRING"/>
  </fields>
</fix>
DICTIONARY
cat > trade.py <<'TRADE'
import simplefix
from jetblack_fixparser import FixMessage, StrictMode, load_quickfix_protocol

message = simplefix.FixMessage()
for tag, value in (
    (8, "FIX.4.4"), (35, "AE"), (49, "VENUE"), (56, "CLIENT"), (34, 1), (52, "20260105-15:30:00.000"),
    (571, "T1"), (55, "AAPL"), (32, 100), (31, "201.50"), (552, 2),
    (54, 1), (37, "O1"), (453, 2), (448, "ALPHA"), (452, 1), (448, "CLEAR"), (452, 4), (1, "ACC1"),
    (54, 2), (37, "O2"), (453, 1), (448, "BETA"), (452, 1), (1, "ACC2"),
):  # fmt: skip
    message.append_pair(tag, value)
protocol = load_quickfix_protocol("dictionary.xml")
for name, strict in (("True", True), ("False", False), ("StrictMode.ENSURE_REQUIRED", StrictMode.ENSURE_REQUIRED)):
    decoded = FixMessage.decode(protocol, message.encode(), strict=strict, validate=True).message
    for number, side in enumerate(decoded["NoSides"]):
        parties = side["NoPartyIDs"]
        if isinstance(parties, list):
            parties = " ".join(f"{party['PartyID']}/{party['PartyRole']}" for party in parties)
        label = "" if number else f"strict={name}"
        print(label.ljust(33), side["Side"], side["OrderID"], side["Account"], "parties", parties)
TRADE
venv/bin/python trade.py | tee output
cat > expected <<'EXPECTED'
strict=True                       BUY O1 ACC1 parties b'2'
                                  SELL O2 ACC2 parties b'1'
strict=False                      BUY O1 ACC1 parties ALPHA/1 CLEAR/4
                                  SELL O2 ACC2 parties BETA/1
strict=StrictMode.ENSURE_REQUIRED BUY O1 ACC1 parties ALPHA/1 CLEAR/4
                                  SELL O2 ACC2 parties BETA/1
EXPECTED
diff expected output || { echo "not as described any more"; exit 1; }

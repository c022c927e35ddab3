#!/usr/bin/env bash
# kis-agent: the notice of a fill stays encrypted for good, and of five trades in a frame four are gone.
#
# Expected: a frame of Korea Investment's stream is "encrypted or not|what|number of records|records", as its documentation says
#   (0|H0STCNT0|004|... has four). A frame that begins with 1 is decrypted by the key and iv of the answer to its subscription; a
#   frame of five trades gives five.
# Seen: kis-agent 1.6.1 takes the number of records ("001") for the mark of encryption ("1"), so nothing is ever decrypted. Nor has it
#   the key: the answer that brings it is done with as "subscribed" before the line that would keep it. The handler gets a list of
#   one text in base64, and the store files it under that text as a code, as many codes as notices. No error is counted, no warning
#   logged. Of the trades in a frame the store and its history have the first, which is the oldest; get_trade() is behind until the
#   next frame. Times of the open, high and low ("oprc_hour") are numbers: 090003 is 90003.
# Why it matters: fills are not heard of: a program that waits for one before it sends the stop or the next order waits on. Frames of
#   several trades come when the market is fast, so the price is old and the volume short just then.
# Way to live with it: handlers get all values of a frame, so cut them into pieces of 46; for notices override _parse_message and
#   _handle_subscription_response, or ask for the fills by REST. Check sums of volume against acml_vol.
# Versions: kis-agent 1.6.1 (the newest on PyPI), pycryptodome 3.23.0, Python 3.11.7. No socket is opened: the answer and the frames go
#   in where the receiving loop puts them. Nothing found about it.
#
# Output seen:
#   subscribed True, keys kept 0
#   notice of a fill sent      CUST01^1234567801^0000012345^^02^0^00^0^005930^10^71000^101530^0^2^2^91257^10
#   handler got it readable    False, as 1 value
#   two notices in the store   2 codes, of 005930: None
#   with the key, 1 for 001    readable
#   trades in a frame          5 at 71000 71100 71200 71300 71400, 10 each, total 50 at the last
#   history has                1 at 71000
#   get_trade says             71000, total 10
#   time of the open           090003 -> 90003
#   errors counted             0
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check kis-agent==1.6.1 pycryptodome==3.23.0 >pip.log 2>&1 ||
  { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import asyncio
import json
import logging
import sys
from base64 import b64encode

from Crypto.Cipher import AES
from Crypto.Util.Padding import pad
from kis_agent.websocket import SubscriptionType, WSAgentWithStore

logging.disable(logging.INFO)  # warnings and errors would be shown
KEY, IV = "abcdefghijklmnopqrstuvwxyz012345", "0123456789abcdef"
FILL = "CUST01^1234567801^0000012345^^02^0^00^0^005930^10^71000^101530^0^2^2^91257^10"


def cipher(text):
    return b64encode(AES.new(KEY.encode(), AES.MODE_CBC, IV.encode()).encrypt(pad(text.encode(), 16))).decode()


class Server:
    """Takes a subscription and answers as the broker does."""

    closed, close_code, state = False, None, 1

    async def send(self, text):
        asked = json.loads(text)["body"]["input"]
        answer = {
            "header": {"tr_id": asked["tr_id"], "tr_key": asked["tr_key"], "encrypt": "N"},
            "body": {"rt_cd": "0", "msg_cd": "OPSP0000", "msg1": "SUBSCRIBE SUCCESS", "output": {"iv": IV, "key": KEY}},
        }
        asyncio.get_running_loop().call_soon(
            lambda: asyncio.ensure_future(self.agent._handle_message(json.dumps(answer))))


def trade(number):
    fields = ["0"] * 46
    fields[0:3] = ["005930", "101530", str(71000 + 100 * number)]
    fields[12:14] = ["10", str(10 * (number + 1))]
    fields[24] = "090003"
    return "^".join(fields)


async def main():
    agent = WSAgentWithStore("approval", keep_history=True)
    base = agent._base_agent
    got = []
    agent.register_handler(SubscriptionType.STOCK_NOTICE, lambda values, _: got.append(values))
    sub_id = agent.subscribe(SubscriptionType.STOCK_NOTICE, "CUST01")
    base.ws = Server()
    base.ws.agent = base
    done = await base._send_subscription(base.subscriptions[sub_id], timeout=5)
    keys = len(base.aes_keys)
    print(f"subscribed {done}, keys kept {keys}")

    await base._handle_message(f"1|H0STCNI0|001|{cipher(FILL)}")
    await base._handle_message(f"1|H0STCNI0|001|{cipher(FILL.replace('12345^', '12346^'))}")
    codes, of_share = len(agent.store._latest), agent.store.get("005930")
    print(f"{'notice of a fill sent':<26} {FILL}")
    print(f"{'handler got it readable':<26} {'005930' in got[0]}, as {len(got[0])} value")
    print(f"{'two notices in the store':<26} {codes} codes, of 005930: {of_share}")

    base.aes_keys["H0STCNI0"] = (KEY, IV)
    control = base._parse_message(f"1|H0STCNI0|1|{cipher(FILL)}")[2] == FILL.split("^")
    still = base._parse_message(f"1|H0STCNI0|001|{cipher(FILL)}")[2] == FILL.split("^")
    print(f"{'with the key, 1 for 001':<26} {'readable' if control else 'a cipher'}")

    await base._handle_message("0|H0STCNT0|005|" + "^".join(trade(n) for n in range(5)))
    history = agent.store.get_history("005930", SubscriptionType.STOCK_TRADE)
    last = agent.store.get_trade("005930")
    print(f"{'trades in a frame':<26} 5 at 71000 71100 71200 71300 71400, 10 each, total 50 at the last")
    print(f"{'history has':<26} {len(history)} at {' '.join(str(one['stck_prpr']) for one in history)}")
    print(f"{'get_trade says':<26} {last['stck_prpr']}, total {last['acml_vol']}")
    print(f"{'time of the open':<26} 090003 -> {last['oprc_hour']}")
    print(f"{'errors counted':<26} {base.stats['errors']}")
    as_described = (
        done and keys == 0 and len(got[0]) == 1 and codes == 2 and of_share is None and control and not still
        and len(history) == 1 and last["stck_prpr"] == 71000 and last["acml_vol"] == 10
        and last["oprc_hour"] == 90003 and base.stats["errors"] == 0
    )
    if not as_described:
        print("not as described any more")
        sys.exit(1)


asyncio.run(main())
PROBE
venv/bin/python probe.py

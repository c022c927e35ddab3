#!/usr/bin/env bash
# iso20022.js: no entry of a camt.053 is a reversal, half a million yen are fifty million, and as a payment 5000.
#
# Expected: reversal says what RvslInd says; amounts are whole numbers in the smallest unit of their currency, which for the yen is the
#   yen; account numbers and references are texts as they were.
# Seen: iso20022.js 0.0.15 compares RvslInd with the text "true", after its XML parser has made a boolean of it: reversal is false for
#   each entry. It takes two decimals for all currencies, what dinero.js 1 does when it is told none: 500000 JPY are read as
#   50000000, and an instruction of 500000 JPY goes out as 5000. 4.35 EUR are 434.99999999999994 cents. An account number
#   and the servicer's reference, if made of digits, are numbers on the way: 0012345678 is "12345678", 000123 is 123.
# Why it matters: a debit that takes a credit back is booked as a payment, and looks like one more trade. A purchase in Tokyo is paid to a
#   hundredth. Statements are not matched to accounts with zeros in front, and cents do not compare.
# Way to live with it: read RvslInd, Amt and the accounts from the XML oneself; Math.round(); for the yen a hundred times as much in an
#   instruction. In tests a reversal, a currency without decimals and one with three.
# Versions: iso20022.js 0.0.15 (npm, the newest), dinero.js 1.9.1, Node.js 20.20.2. It guards Cd and NtryRef from becoming numbers, and says
#   why; the documentation of amount says "the amount of the payment". Nothing found about it.
#
# Output seen:
#                         in the XML            iso20022.js
#   RvslInd               true                  false
#   amount                4.35 EUR              434.99999999999994
#   amount                500000 JPY            50000000
#   account               0012345678            12345678
#   AcctSvcrRef           000123                123
#   instruction of        500000 JPY            <InstdAmt Ccy="JPY">5000</InstdAmt>
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts iso20022.js@0.0.15 dinero.js@1.9.1

cat > probe.mjs <<'PROBE'
import { CashManagementEndOfDayReport, ISO20022 } from "iso20022.js";

const entry = (number, amount, currency, rest) => `<Ntry>
  <NtryRef>${number}</NtryRef><Amt Ccy="${currency}">${amount}</Amt><CdtDbtInd>DBIT</CdtDbtInd>${rest}<Sts>BOOK</Sts>
  <BookgDt><Dt>2026-01-05</Dt></BookgDt><AcctSvcrRef>000123</AcctSvcrRef><BkTxCd><Prtry><Cd>SECU</Cd></Prtry></BkTxCd>
</Ntry>`;
const xml = `<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt>
<GrpHdr><MsgId>M1</MsgId><CreDtTm>2026-01-05T20:00:00Z</CreDtTm></GrpHdr>
<Stmt>
  <Id>S1</Id><CreDtTm>2026-01-05T20:00:00Z</CreDtTm>
  <Acct><Id><Othr><Id>0012345678</Id></Othr></Id><Svcr><FinInstnId><BIC>BANKNL2A</BIC></FinInstnId></Svcr></Acct>
  <Bal>
    <Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">1180.00</Amt><CdtDbtInd>CRDT</CdtDbtInd>
    <Dt><Dt>2026-01-05</Dt></Dt>
  </Bal>
  ${entry(1, "4.35", "EUR", "<RvslInd>true</RvslInd>")}
  ${entry(2, "500000", "JPY", "")}
</Stmt></BkToCstmrStmt></Document>`;
const [statement] = CashManagementEndOfDayReport.fromXML(xml).statements;
const [euros, yen] = statement.entries;
const party = (name, account, bic, country) => ({
  name, id: name, account, agent: { bic, bankAddress: { country } },
  address: { streetName: "Main Street", buildingNumber: "1", townName: "Town", postalCode: "1000", country },
});
const payment = new ISO20022({ initiatingParty: party("Fund", { accountNumber: "1" }, "CHASUS33", "US") })
  .createSWIFTCreditPaymentInitiation([{
    type: "swift", direction: "credit", amount: 500_000, currency: "JPY",
    creditor: party("Broker", { iban: "DE89370400440532013000" }, "DEUTDEFF", "DE"),
  }]);
const rows = [
  ["RvslInd", "true", euros.reversal],
  ["amount", "4.35 EUR", euros.amount],
  ["amount", "500000 JPY", yen.amount],
  ["account", "0012345678", statement.account.accountNumber],
  ["AcctSvcrRef", "000123", euros.accountServicerReferenceId],
  ["instruction of", "500000 JPY", payment.toString().match(/<InstdAmt.*/)[0].trim()],
];
console.log(`${"".padEnd(21)} ${"in the XML".padEnd(21)} iso20022.js`);
for (const [name, sent, read] of rows) console.log(`${name.padEnd(21)} ${sent.padEnd(21)} ${read}`);
const seen = rows.map(([, , read]) => read);
const expected = [false, 434.99999999999994, 50_000_000, "12345678", 123, '<InstdAmt Ccy="JPY">5000</InstdAmt>'];
if (JSON.stringify(seen) !== JSON.stringify(expected)) {
  console.error("not as described any more");
  process.exit(1);
}
PROBE
timeout 60 node --no-warnings probe.mjs

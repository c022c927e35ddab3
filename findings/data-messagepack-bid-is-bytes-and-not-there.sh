#!/usr/bin/env bash
# Data::MessagePack (Perl): names of fields go out as bytes: Python's quote["bid"] is not there, three of five readers refuse the message, one has a symbol of numbers.
#
# Expected: a hash of ASCII keys is a map of texts, as in every other language and as the module's own page has it: it "enables to exchange structured objects between many languages like JSON". utf8 "will
#   apply utf8::encode() to all the string values": that is about letters like ü.
# Seen: without utf8 Data::MessagePack 1.02 writes each string, keys too, as bin 8 (MessagePack's type for bytes), however plain it is; with it as text. Perl itself reads both the same, so that a test in Perl
#   sees nothing. msgpack (Python) has the keys b"bid" and b"symbol": quote.get("bid") is None. ormsgpack, @msgpack/msgpack and msgpackr raise an error. notepack.io has the names right and AAPL as a
#   Buffer, which as JSON is {"type":"Buffer","data":[65,65,80,76]}.
# Why it matters: a Perl feed that has run for years between Perl programs gets its first reader in another language. `get` with a default is a common line in Python: each quote is one without a bid.
# Way to live with it: Data::MessagePack->new->utf8, with texts that are decoded, on both sides; in tests a message of the feed as a file, read by each language that has to.
# Versions: libdata-messagepack-perl 1.02-1+b1 (Debian 12, Perl 5.36), msgpack 1.2.4, ormsgpack 1.13.1 (PyPI), @msgpack/msgpack 3.1.3, msgpackr 2.1.4, notepack.io 3.0.1 (npm), Python 3.11.7, Node.js 20.20.2.
#   The page does not have "bin". Nothing found about it.
#
# Output seen ({bid => 101.05, symbol => "AAPL"}, plain and with utf8):
#   Data::MessagePack  bid 101.05, symbol AAPL         bid 101.05, symbol AAPL
#   msgpack            bid None, symbol None           bid 101.05, symbol AAPL
#   ormsgpack          refused                         bid 101.05, symbol AAPL
#   @msgpack/msgpack   refused                         bid 101.05, symbol AAPL
#   msgpackr           refused                         bid 101.05, symbol AAPL
#   notepack.io        bid 101.05, symbol {"type":"Buffer","data":[65,65,80,76]}  bid 101.05, symbol AAPL
set -euo pipefail
command -v dpkg-deb >/dev/null || { echo "needs Debian 12, for libdata-messagepack-perl 1.02" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -qq libdata-messagepack-perl=1.02-1+b1 2>apt.log || { cat apt.log >&2; exit 1; }
dpkg-deb -x libdata-messagepack-perl_*.deb .
PERL5LIB=$(echo "$PWD"/usr/lib/*/perl5/5.36)
export PERL5LIB
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check msgpack==1.2.4 ormsgpack==1.13.1 >pip.log 2>&1 || { cat pip.log; exit 1; }
npm install --silent --no-audit --no-fund --ignore-scripts @msgpack/msgpack@3.1.3 msgpackr@2.1.4 notepack.io@3.0.1 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > write.pl <<'WRITE'
use strict;
use warnings;
use Data::MessagePack;

my %packers = (plain => Data::MessagePack->new, utf8 => Data::MessagePack->new->utf8);
for my $name (qw(plain utf8)) {
    my $message = $packers{$name}->pack({ bid => 101.05, symbol => "AAPL" });
    open my $file, ">:raw", $name or die $!;
    print $file $message;
    close $file;
    my $quote = $packers{$name}->unpack($message);
    print "Data::MessagePack\t$name\tbid $quote->{bid}, symbol $quote->{symbol}\n";
}
WRITE
cat > read.py <<'READ'
import msgpack
import ormsgpack

for name, read in (("msgpack", msgpack.unpackb), ("ormsgpack", ormsgpack.unpackb)):
    for file in ("plain", "utf8"):
        with open(file, "rb") as message:
            try:
                quote = read(message.read())
                text = f"bid {quote.get('bid')}, symbol {quote.get('symbol')}"
            except ValueError:
                text = "refused"
        print(name, file, text, sep="\t")
READ
cat > read.cjs <<'READ'
const { readFileSync } = require("node:fs");

const readers = {
  "@msgpack/msgpack": require("@msgpack/msgpack").decode,
  msgpackr: require("msgpackr").unpack,
  "notepack.io": require("notepack.io").decode,
};
for (const [name, read] of Object.entries(readers))
  for (const file of ["plain", "utf8"]) {
    let text = "refused";
    try {
      const { bid, symbol } = read(readFileSync(file));
      text = `bid ${bid}, symbol ${typeof symbol === "string" ? symbol : JSON.stringify(symbol)}`;
    } catch {}
    console.log([name, file, text].join("\t"));
  }
READ
{ perl write.pl; venv/bin/python read.py; node read.cjs; } >seen.txt
paste <(grep -P '\tplain\t' seen.txt) <(grep -P '\tutf8\t' seen.txt) | awk -F'\t' '{ printf "%-18s %-31s %s\n", $1, $3, $6 }' | tee rows.txt
sed 's/  */ /g' rows.txt >told.txt
cmp -s told.txt - <<'EXPECTED' || { echo "not as described any more" >&2; exit 1; }
Data::MessagePack bid 101.05, symbol AAPL bid 101.05, symbol AAPL
msgpack bid None, symbol None bid 101.05, symbol AAPL
ormsgpack refused bid 101.05, symbol AAPL
@msgpack/msgpack refused bid 101.05, symbol AAPL
msgpackr refused bid 101.05, symbol AAPL
notepack.io bid 101.05, symbol {"type":"Buffer","data":[65,65,80,76]} bid 101.05, symbol AAPL
EXPECTED

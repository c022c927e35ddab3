#!/usr/bin/env bash
# InfluxDB::LineProtocol (Perl): a price of 228 is written as an integer and refused where 227.31 came first; if 228 comes first, all prices with cents are refused until the next shard.
#
# Expected: data2line("trades", {price => $price}) writes one field of one type, as $price is one quantity; floats need no point in the line protocol.
# Seen: InfluxDB::LineProtocol 1.015 adds an "i" to whatever has digits only. JSON and Perl drop ".00", so that one stock price of a hundred is an integer. Which type a field has is decided by the first
#   value in a shard, a week by default; InfluxDB refuses the others, "field type conflict". If the first batch of a shard has both, nothing of it is kept. 1E-05, -.05 and +5 are written as texts. With
#   precision=ms the microseconds of the clock are cut to three letters instead of divided: 5 ms after the second is 512 ms, and so on for the first tenth of each second.
# Why it matters: closes and round prices are missing, or everything else is, by what the first tick of the week happened to be. Senders over UDP hear nothing of it.
# Way to live with it: sprintf("%.8f", $price) for each field that is a price; one's own integer for times. In tests a price that is whole, once as the first and once as the last.
# Versions: libinfluxdb-lineprotocol-perl 1.015-1, influxdb 1.6.7~rc0-1+b13 (Debian 12), Perl 5.36. Source: _format_field_value and ts_ms in LineProtocol.pm. The documentation has no word of integers. Nothing found about it.
#
# Output seen:
#   in one batch  price=227.31 price=228i price=228.45     kept: nothing        1 refused, field type conflict
#   one by one    price=227.31 price=228i price=228.45     kept: 227.31 228.45  1 refused, partial write: field type conflict
#   one by one    price=228i price=227.31 price=228.45     kept: 228            2 refused, partial write: field type conflict
#   1767604559.005123 s in ms: 1767604559512
set -euo pipefail
command -v dpkg-deb >/dev/null || { echo "needs Debian 12, for InfluxDB::LineProtocol 1.015 and InfluxDB 1.6.7" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -qq libinfluxdb-lineprotocol-perl influxdb 2>apt.log || { cat apt.log >&2; exit 1; }
[[ $(echo libinfluxdb-lineprotocol-perl_*) == *_1.015-* && $(echo influxdb_*) == *_1.6.7* ]] || { echo "needs InfluxDB::LineProtocol 1.015 and InfluxDB 1.6.7" >&2; exit 1; }
for package in *.deb; do dpkg-deb -x "$package" .; done
export PERL5LIB=$PWD/usr/share/perl5

cat > lines.pl <<'PROBE'
use strict;
use warnings;
use InfluxDB::LineProtocol qw(data2line precision=ms);

my ($measurement, @prices) = @ARGV;
my $time = 1767604559000000000;
print data2line($measurement, { price => 0 + $_ }, {}, $time += 1000000000), "\n" for @prices;
{
    no warnings 'redefine';
    *InfluxDB::LineProtocol::gettimeofday = sub { (1767604559, 5123) };
}
print main->get_ts(), "\n";
PROBE
cat > probe.py <<'PROBE'
import json
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request


def port():
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


http = port()
with open("influx.conf", "w") as settings:
    settings.write(
        f'reporting-disabled = true\nbind-address = "127.0.0.1:{port()}"\n[meta]\ndir = "meta"\n[data]\ndir = "data"\nwal-dir = "wal"\n'
        f'[http]\nbind-address = "127.0.0.1:{http}"\n[monitor]\nstore-enabled = false\n'
    )


def ask(path, data=None, **query):
    url = f"http://127.0.0.1:{http}/{path}?{urllib.parse.urlencode(query)}"
    try:
        with urllib.request.urlopen(url, data, 10) as answer:
            return answer.read().decode()
    except urllib.error.HTTPError as error:
        return json.loads(error.read())["error"]


seen = []
with open("influx.log", "w") as log:
    influx = subprocess.Popen(["usr/bin/influxd", "-config", "influx.conf"], stdout=log, stderr=log)
try:
    for _ in range(100):
        try:
            ask("ping")
            break
        except OSError:
            time.sleep(0.1)
    ask("query", b"", q="CREATE DATABASE ticks")
    for name, size, prices in (
        ("in one batch", 3, ["227.31", "228.00", "228.45"]),
        ("one by one", 1, ["227.31", "228.00", "228.45"]),
        ("one by one", 1, ["228.00", "227.31", "228.45"]),
    ):
        measurement = f"ticks{len(seen)}"
        *lines, stamp = subprocess.run(["perl", "lines.pl", measurement, *prices], capture_output=True, text=True, timeout=20, check=True).stdout.split("\n")[:-1]
        errors = [error for i in range(0, 3, size) if (error := ask("write", "\n".join(lines[i:i + size]).encode(), db="ticks"))]
        answer = json.loads(ask("query", db="ticks", q=f'SELECT price FROM "{measurement}"'))["results"][0]
        kept = " ".join(str(price) for _, price in answer["series"][0]["values"]) if "series" in answer else "nothing"
        print(f"{name:13} {' '.join(line.split()[1] for line in lines):40} kept: {kept:14} {len(errors)} refused, {errors[0][:34]}")
        seen.append(kept)
finally:
    influx.terminate()
    influx.wait()
print(f"1767604559.005123 s in ms: {stamp}")
if seen != ["nothing", "227.31 228.45", "228"] or stamp != "1767604559512":
    sys.exit("not as described any more")
PROBE
timeout 60 python3 probe.py

#!/usr/bin/env bash
# Oj::Parser (Ruby): a time in nanoseconds is a BigDecimal and goes on as the text "0.1767604500123456789e19", and one price of five thousand is another one; Oj.load of the same gem has both right.
#
# Expected: "Oj::Parser.usual" gives what Oj.load gives, faster; a JSON number without a point is an Integer, as it is for JSON.parse; a price of seven digits is the nearest Float.
# Seen: Oj::Parser of Oj 3.14.2 makes a BigDecimal of integers from 18 digits on (10^17 itself is still one): nanoseconds since 1970, order ids. It is equal to the Integer and prints as 0.17e19; as
#   the key of a Hash it finds nothing, and JSON.generate and Oj in its compat mode write it as a text. Numbers with a point are an integer divided by a power of ten in 80 bits, and rounded a second time to 64:
#   18 of 100000 prices with six decimals and 24 with eight are a Float beside: 8.128552 is 8.128551999999999. With two to five decimals none was seen.
# Why it matters: one changes Oj.load for Oj::Parser for the speed, and all tests with microseconds and cents stay green. Books keyed by price and trades keyed by time find nothing for some; a
#   consumer behind this one gets texts where it had numbers.
# Way to live with it: Oj.load or JSON.parse for what has prices and ids; to_i for times. In tests a time of 19 digits, read and written, and 8.128552.
# Versions: ruby-oj 3.14.2-1+deb12u1, json 2.6.1 (Ruby 3.1, Debian 12). Source: calc_num and BIG_LIMIT in ext/oj/parser.c of the project's repository. Nothing found about it.
#
# Output seen:
#                             JSON.parse           Oj.load              Oj::Parser.usual
#   1767604500123456          Integer              Integer              Integer
#   1767604500123456789       Integer              Integer              BigDecimal
#   written by JSON.generate  1767604500123456789  1767604500123456789  "0.1767604500123456789e19"
#   found in a Hash           yes                  yes                  no
#   8.128552                  8.128552             8.128552             8.128551999999999
#   of 100000 with 6 places   0 wrong              0 wrong              18 wrong
set -euo pipefail
command -v dpkg-deb >/dev/null && command -v ruby >/dev/null || { echo "needs Debian 12 with ruby, for ruby-oj 3.14.2" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -qq ruby-oj=3.14.2-1+deb12u1 2>apt.log || { cat apt.log >&2; exit 1; }
dpkg-deb -x ruby-oj_*.deb .
RUBYLIB=$(find "$PWD" -type d \( -path "*/gems/oj-3.14.2/lib" -o -path "*/extensions/*/oj-3.14.2" \) | paste -sd:)
export RUBYLIB

cat > probe.rb <<'PROBE'
require "bigdecimal"
require "json"
require "oj"

parser = Oj::Parser.usual
readers = [->(text) { JSON.parse(text) }, ->(text) { Oj.load(text) }, ->(text) { parser.parse(text) }]
time = 1767604500123456789
trades = { time => "AAPL" }
random = Random.new(7)
prices = Array.new(100_000) { format("%d.%06d", random.rand(1..9), random.rand(10**6)) }
rows = [
  ["1767604500123456", readers.map { |read| read.call("[1767604500123456]")[0].class.to_s }],
  ["1767604500123456789", readers.map { |read| read.call("[#{time}]")[0].class.to_s }],
  ["written by JSON.generate", readers.map { |read| JSON.generate(read.call("[#{time}]")).delete("[]") }],
  ["found in a Hash", readers.map { |read| trades[read.call("[#{time}]")[0]] ? "yes" : "no" }],
  ["8.128552", readers.map { |read| read.call("[8.128552]")[0].to_s }],
  ["of 100000 with 6 places", readers.map { |read| "#{prices.count { |price| read.call("[#{price}]")[0] != Float(price) }} wrong" }],
]
puts format("%-25s %-20s %-20s %s", "", "JSON.parse", "Oj.load", "Oj::Parser.usual")
rows.each { |name, seen| puts format("%-25s %-20s %-20s %s", name, *seen) }
expected = [%w[Integer Integer Integer], %w[Integer Integer BigDecimal], [time.to_s, time.to_s, '"0.1767604500123456789e19"'],
            %w[yes yes no], %w[8.128552 8.128552 8.128551999999999]]
wrong = rows.last[1].map(&:to_i)
abort "not as described any more" unless rows[0..-2].map(&:last) == expected && wrong[0, 2] == [0, 0] && wrong[2].between?(5, 40)
PROBE
timeout 60 ruby -W0 probe.rb

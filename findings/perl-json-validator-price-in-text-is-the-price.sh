#!/usr/bin/env bash
# JSON::Validator (Perl): a tick's time needs no zone and, without "type": "string", need not be a time; and enum and const take 100 for "100".
#
# One would expect: "date-time" is that of RFC 3339, which has a zone. A format applies to each text, whether the schema says "type" or not. const and
#   enum compare as JSON does: 100 is not "100", as "type" of the same package knows.
# What happens: JSON::Validator 5.14 takes the zone for optional and a space for the T. It looks at "format" only where "type" is "string", or has
#   "string" among others: {"format": "date-time"} by itself takes "x". const and enum compare texts: const 100 takes "100", and enum
#   of "100" and "200" takes 100; objects and lists are compared as JSON, with the kind. A value out of range, hour 25 or 30
#   February, is refused.
# Why it matters: a feed that drops the Z, so that each consumer reads it in its own zone, passes its contract. So does a feed that changes
#   prices or sizes from text to number, the change that breaks consumers in other languages; one level further down, inside an
#   object, the same change is refused, so that the check seems to work.
# Live with it: a "pattern" with the Z beside the format; "type" beside each const, enum and format. In tests of the contract itself one time
#   without a zone and one price of the other kind.
# Versions: libjson-validator-perl 5.14+dfsg-1, libmojolicious-perl 9.31 (Debian 12), Perl 5.36. Source: check_date_time in JSON/Validator/Formats.pm,
#   _validate_type_enum in JSON/Validator/Schema.pm.
# Documented: the space is meant (pull request 49 of jhthorsen/json-validator). Nothing found about the rest.
# Seen (draft 7):
#   {"type":"string","format":"date-time"}           "2026-01-05T14:30:00"       valid
#   {"type":"string","format":"date-time"}           "2026-01-05 14:30:00"       valid
#   {"type":"string","format":"date-time"}           "2026-02-30T14:30:00Z"      refused
#   {"format":"date-time"}                           "x"                         valid
#   {"const":100}                                    "100"                       valid
#   {"enum":["100","200"]}                           100                         valid
#   {"type":"string","enum":["100","200"]}           100                         refused
#   {"const":{"bid":100}}                            {"bid":"100"}               refused
set -euo pipefail
command -v dpkg-deb >/dev/null && command -v perl >/dev/null || { echo "needs Debian 12, for libjson-validator-perl 5.14" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 143' INT TERM
cd "$work"
apt-get download -qq libjson-validator-perl=5.14+dfsg-1 libmojolicious-perl libyaml-pp-perl 2>apt.log || { cat apt.log >&2; exit 1; }
for package in *.deb; do dpkg-deb -x "$package" .; done

cat > probe.pl <<'PROBE'
use strict;
use warnings;
use lib "usr/share/perl5";
use JSON::Validator;
use Mojo::JSON "decode_json";

my @cases = (
  ['{"type":"string","format":"date-time"}', '"2026-01-05T14:30:00"', "valid"],
  ['{"type":"string","format":"date-time"}', '"2026-01-05 14:30:00"', "valid"],
  ['{"type":"string","format":"date-time"}', '"2026-02-30T14:30:00Z"', "refused"],
  ['{"format":"date-time"}', '"x"', "valid"],
  ['{"const":100}', '"100"', "valid"],
  ['{"enum":["100","200"]}', '100', "valid"],
  ['{"type":"string","enum":["100","200"]}', '100', "refused"],
  ['{"const":{"bid":100}}', '{"bid":"100"}', "refused"],
);
my $other = 0;
for my $case (@cases) {
  my ($schema, $text, $expected) = @$case;
  my $validator = JSON::Validator->new;
  $validator->schema({%{decode_json($schema)}, '$schema' => "http://json-schema.org/draft-07/schema#"});
  my $seen = $validator->validate(decode_json($text)) ? "refused" : "valid";
  printf "%-48s %-27s %s\n", $schema, $text, $seen;
  $other ||= $seen ne $expected;
}
die "not as described any more\n" if $other;
PROBE
timeout 40 perl probe.pl

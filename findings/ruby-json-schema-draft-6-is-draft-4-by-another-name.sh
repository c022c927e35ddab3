#!/usr/bin/env bash
# json-schema (Ruby): with version: :draft6 a price of -5 is more than 0, a constant is any value, and a price of 1 is below a minimum of 1.
#
# Expected: who asks for :draft6 gets draft 6, or an error: "exclusiveMinimum": 0 is more than 0, "const" this value, "contains" one item that fits, "propertyNames" is for the names.
# Seen: json-schema 2.8.1 takes :draft6, with the metaschema of draft 6, and has the keywords of draft 4: the four above are not looked at, with validate_schema: true as well. Beside a
#   "minimum", "exclusiveMinimum" has draft 4's meaning, a yes or no, and 0 is a yes in Ruby: "minimum": 1, "exclusiveMinimum": 0 refuses the price 1. The README
#   speaks of draft 4; :draft6 is in the code and taken without a word, while the $schema of draft 6 is a SchemaError.
#   json_schemer 0.2.18, and jsonschema in Python, have it as the specification does.
# Why it matters: "a price is more than 0" is the first line of each feed's contract, and "exclusiveMinimum": 0 the way to write it since 2017. The contract test of a Ruby
#   service is green with 0 and -5; its consumers refuse each such message.
# Way to live with it: json_schemer; else draft 4's "minimum": 0, "exclusiveMinimum": true. For each rule of a contract one message that must be refused.
# Versions: ruby-json-schema 2.8.1-4, ruby-json-schemer 0.2.18-2 (Debian 12, Ruby 3.1). Source: validators/draft6.rb and attributes/limits/minimum.rb.
#
# Output seen:
#   schema, value; json-schema, the same with validate_schema, json_schemer
#   {"exclusiveMinimum":0}                          -5         valid    valid    refused
#   {"type":"number","exclusiveMinimum":0}          0          valid    valid    refused
#   {"minimum":1,"exclusiveMinimum":0}              1          refused  refused  valid
#   {"maximum":10,"exclusiveMaximum":20}            10         refused  refused  valid
#   {"const":"open"}                                "halted"   valid    valid    refused
#   {"contains":{"enum":["bid"]}}                   ["ask"]    valid    valid    refused
#   {"propertyNames":{"maxLength":3}}               {"bids":1} valid    valid    refused
#   with $schema of draft 6: JSON::Schema::SchemaError
set -euo pipefail
command -v dpkg-deb >/dev/null && command -v ruby >/dev/null || { echo "needs Debian 12 with ruby, for ruby-json-schema 2.8.1" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -qq ruby-json-schema=2.8.1-4 ruby-addressable ruby-public-suffix ruby-json-schemer=0.2.18-2 ruby-ecma-re-validator ruby-hana ruby-regexp-parser ruby-uri-template \
  ruby-regexp-property-values 2>apt.log || { cat apt.log >&2; exit 1; }
for package in *.deb; do dpkg-deb -x "$package" .; done
RUBYLIB=$(find "$PWD/usr" -type d \( -path '*/gems/*/lib' -o -name vendor_ruby -o -path '*/vendor_ruby/3.1.0' \) | paste -sd:)
export RUBYLIB

cat > probe.rb <<'PROBE'
require "json"
require "json-schema"
require "json_schemer"

SIX = "http://json-schema.org/draft-06/schema#"
rows = [
  [{ "exclusiveMinimum" => 0 }, -5, "valid valid refused"],
  [{ "type" => "number", "exclusiveMinimum" => 0 }, 0, "valid valid refused"],
  [{ "minimum" => 1, "exclusiveMinimum" => 0 }, 1, "refused refused valid"],
  [{ "maximum" => 10, "exclusiveMaximum" => 20 }, 10, "refused refused valid"],
  [{ "const" => "open" }, "halted", "valid valid refused"],
  [{ "contains" => { "enum" => ["bid"] } }, ["ask"], "valid valid refused"],
  [{ "propertyNames" => { "maxLength" => 3 } }, { "bids" => 1 }, "valid valid refused"],
]
right = rows.map do |schema, value, expected|
  seen = [{}, { validate_schema: true }].map { |more| JSON::Validator.fully_validate(schema, value, version: :draft6, **more).empty? ? "valid" : "refused" }
  seen << (JSONSchemer.schema(schema.merge("$schema" => SIX)).valid?(value) ? "valid" : "refused")
  puts format("%-47s %-10s %-8s %-8s %s", schema.to_json, value.to_json, *seen)
  seen.join(" ") == expected
end
begin
  puts "with $schema of draft 6: " + JSON::Validator.fully_validate({ "$schema" => SIX, "exclusiveMinimum" => 0 }, -5).inspect
rescue StandardError => e
  puts "with $schema of draft 6: #{e.class}"
end
abort "not as described any more" unless right.all?
PROBE
timeout 60 ruby -W0 probe.rb

#!/usr/bin/env bash
# json_spec: the list of orders 1 and 2 "should be" the list of orders 8 and 9, an empty body is null, and 100,5 is 100.
#
# One would expect: `Then the JSON should be:` compares all that is in the two texts; what is no JSON fails.
# What happens: json_spec 1.1.5 leaves out each "id", "created_at" and "updated_at" at any depth, on both sides, unless a test
#   includes them again: two orders that differ only in their ids are equal, an order without an id too, and a list is said to include
#   order 9 if it holds one that looks like it. A path that ends at the id compares it. The text is read as the inside of a list, of which the
#   first is taken: an empty body is null, `100,5` is 100, and of two ticks separated by a comma only the first is seen.
# Why it matters: in a trading API the id says which order was cancelled, amended or filled. A service that confirms the wrong order passes each feature, and
#   one that sends an empty answer, or a price with a decimal comma, passes those about null and whole numbers.
# Live with it: JsonSpec.configure { exclude_keys() } (nothing left out) in env.rb; a step for the id by its path; a step that the body is not empty. In
#   tests of the suite itself one answer with another id.
# Versions: ruby-json-spec 1.1.5-2, Ruby 3.1 (Debian 12). Source: exclusion.rb and parse_json in helpers.rb.
# Documented: the README names the three keys under "Exclusions". Nothing found about empty bodies and commas.
# Seen (what the service sent; what was expected):
#   [{"id":1,"side":"buy"},{"id":2,"side":"sell"}]   should be [{"id":8,"side":"buy"},{"id":9,"side":"sell"}]   passes
#   {"side":"buy"}                                   should be {"id":8,"side":"buy"}                            passes
#   {"order":{"id":7}}                               at "order/id" should be 8                                  fails
#   [{"id":1,"bid":100}]                             should include {"id":9,"bid":100}                          passes
#                                                    should be null                                             passes
#   100,5                                            should be 100                                              passes
#   {"bid":100},{"bid":7}                            should be {"bid":100}                                      passes
set -euo pipefail
command -v dpkg-deb >/dev/null || { echo "needs Debian 12, for ruby-json-spec 1.1.5" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 143' INT TERM
cd "$work"
apt-get download -qq ruby-json-spec=1.1.5-2 ruby-multi-json ruby-rspec ruby-rspec-core ruby-rspec-support ruby-rspec-expectations ruby-rspec-mocks \
  ruby-diff-lcs ruby3.1 libruby3.1 libyaml-0-2 libgmp10 2>apt.log || { cat apt.log >&2; exit 1; }
for package in *.deb; do dpkg-deb -x "$package" .; done
libraries=$work/usr/lib/$(dpkg-architecture -qDEB_HOST_MULTIARCH 2>/dev/null || echo x86_64-linux-gnu)
export LD_LIBRARY_PATH=$libraries
RUBYLIB=$work/usr/lib/ruby/vendor_ruby:$work/usr/lib/ruby/3.1.0:$libraries/ruby/3.1.0:$(find "$work"/usr/share/rubygems-integration -type d -path '*/gems/*/lib' -prune | paste -sd:)
export RUBYLIB

cat > probe.rb <<'PROBE'
require "json"
require "json_spec"

include JsonSpec::Matchers
rows = [
  ['[{"id":1,"side":"buy"},{"id":2,"side":"sell"}]', "should be", '[{"id":8,"side":"buy"},{"id":9,"side":"sell"}]'],
  ['{"side":"buy"}', "should be", '{"id":8,"side":"buy"}'],
  ['{"order":{"id":7}}', 'at "order/id" should be', "8"],
  ['[{"id":1,"bid":100}]', "should include", '{"id":9,"bid":100}'],
  ["", "should be", "null"],
  ["100,5", "should be", "100"],
  ['{"bid":100},{"bid":7}', "should be", '{"bid":100}'],
]
seen = rows.map do |body, step, expected|
  matcher = step == "should include" ? IncludeJson.new(expected) : BeJsonEql.new(expected)
  matcher.at_path("order/id") if step.start_with?("at")
  passes = matcher.matches?(body)
  puts "#{body.ljust(48)} #{"#{step} #{expected}".ljust(58)} #{passes ? "passes" : "fails"}"
  passes
end
abort "not as described any more" unless seen == [true, true, false, true, true, true, true]
PROBE
timeout 40 usr/bin/ruby3.1 -W0 probe.rb

#!/usr/bin/env bash
# assertly (Go): 227.31 equals 227.49 and 0.0042 equals 0.4, since numbers are rounded to whole ones before they are compared; a range that holds zero holds "halted".
#
# Expected: equal is equal, and a tolerance is something that one asks for. "halted" is in no range of numbers. A list that is sorted before it is compared can still differ.
# Seen: assertly 0.5.4 has a directive @numericPrecisionPoint@. Without it the precision is 0 digits, and both sides are rounded to whole numbers: in JSON, in structs, as plain floats, and
#   texts that are numbers too. 227.31 and 227.51 differ, as 227 and 228 do. The range /[0..200]/ takes whatever is no number, and null, for 0. With @sortText@ a list of objects is compared
#   with a copy of itself, whatever came.
# Why it matters: tests of a coin below half a dollar are green for each price below half a dollar. Tests of a stock see a wrong price only if it is about a dollar off. A change between -1 and 1
#   may be any text.
# Way to live with it: {"@numericPrecisionPoint@": 8} at the top of each expected document, which holds for all below it; <ds:between[...]> with bounds above zero. In each new test a wrong
#   price first, to see it fail.
# Versions: golang-github-viant-assertly-dev 0.5.4-1, golang-github-viant-toolbox-dev 0.33.2-4 (Debian 12), Go 1.19. Source: assertFloat, assertRange and assertSlice in validator.go. The README
#   does not mention the precision. Nothing found about it.
#
# Output seen (failures of one comparison):
#   {"price":227.31}                                   {"price":227.49}                    0
#   {"price":0.0042}                                   {"price":0.4}                       0
#   {"price":"227.31"}                                 {"price":"227.49"}                  0
#   {"price":227.31}                                   {"price":227.51}                    1
#   {"@numericPrecisionPoint@":8,"price":227.31}       {"price":227.49}                    1
#   {"price":"/[0..200]/"}                             {"price":"halted"}                  0
#   {"price":"/[1..200]/"}                             {"price":"halted"}                  1
#   [{"@sortText@":true},{"symbol":"AAPL","price":1}]  [{"symbol":"MSFT","price":2}]       0
#   [{"symbol":"AAPL","price":1}]                      [{"symbol":"MSFT","price":2}]       2
set -euo pipefail
command -v dpkg-deb >/dev/null || { echo "needs Debian 12, for assertly 0.5.4" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -qq golang-1.19-go golang-1.19-src golang-github-viant-assertly-dev=0.5.4-1 golang-github-viant-toolbox-dev golang-github-go-errors-errors-dev \
  golang-github-pkg-errors-dev golang-gopkg-yaml.v2-dev 2>apt.log || { cat apt.log >&2; exit 1; }
for package in *.deb; do dpkg-deb -x "$package" .; done
export GOROOT=$PWD/usr/lib/go-1.19 GOPATH=$PWD/usr/share/gocode GOCACHE=$PWD/cache GO111MODULE=off GOPROXY=off CGO_ENABLED=0

cat > probe.go <<'PROBE'
package main

import (
	"fmt"
	"os"

	"github.com/viant/assertly"
)

func main() {
	right := true
	for _, pair := range []struct {
		expected, actual string
		failures         int
	}{
		{`{"price":227.31}`, `{"price":227.49}`, 0},
		{`{"price":0.0042}`, `{"price":0.4}`, 0},
		{`{"price":"227.31"}`, `{"price":"227.49"}`, 0},
		{`{"price":227.31}`, `{"price":227.51}`, 1},
		{`{"@numericPrecisionPoint@":8,"price":227.31}`, `{"price":227.49}`, 1},
		{`{"price":"/[0..200]/"}`, `{"price":"halted"}`, 0},
		{`{"price":"/[1..200]/"}`, `{"price":"halted"}`, 1},
		{`[{"@sortText@":true},{"symbol":"AAPL","price":1}]`, `[{"symbol":"MSFT","price":2}]`, 0},
		{`[{"symbol":"AAPL","price":1}]`, `[{"symbol":"MSFT","price":2}]`, 2},
	} {
		result, err := assertly.Assert(pair.expected, pair.actual, assertly.NewDataPath("/"))
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Printf("%-50s %-35s %d\n", pair.expected, pair.actual, result.FailedCount)
		right = right && result.FailedCount == pair.failures
	}
	if !right {
		fmt.Fprintln(os.Stderr, "not as described any more")
		os.Exit(1)
	}
}
PROBE
timeout 100 "$GOROOT/bin/go" run probe.go

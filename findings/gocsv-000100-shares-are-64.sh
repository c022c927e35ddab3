#!/usr/bin/env bash
# gocsv (Go): a size of 000100 in a CSV file is read as 64, 000900 is an error, and a price that is not there is 0.
#
# Expected: numbers in CSV files are decimal, with or without zeros in front, as csvutil and encoding/json's numbers are. An empty field of a float is an error, or stays out.
# Seen: gocsv of 2018-01-13 reads integers with the base that Go takes for source code: a leading zero makes them octal. 000100 is 64, -0100 is -64, 1_000 is 1000 and 0x10 is 16; as soon as one digit
#   is an 8 or a 9 the whole file is refused. Empty fields are 0 for prices, sizes and flags.
# Why it matters: exchange and clearing files have columns of a fixed width with zeros in front. Sizes of 100 to 700 are read as 64 to 448, and files without an 8 or 9 in them, as small test files are,
#   pass. The auction price that is not set yet is a price of 0, the lowest of the day.
# Way to live with it: text fields and strconv.ParseInt(text, 10, 64), or csvutil; *float64 with omitempty for what may be missing. In tests a size with zeros in front, and an empty price.
# Versions: golang-github-gocarina-gocsv-dev 0.0~git20180113.45cbb9c-1.1, golang-github-jszwec-csvutil-dev 1.7.1-2 (Debian 12), Go 1.19. Source: toInt, toUint and toFloat in types.go. The octal sizes
#   are known (issue 182 of 2020; base 10 with pull request 293 of September 2026).
#
# Output seen:
#                                  gocsv         csvutil
#   "price,size\n227.31,100"       227.31, 100   227.31, 100
#   "price,size\n227.31,000100"    227.31, 64    227.31, 100
#   "price,size\n227.31,-0100"     227.31, -64   227.31, -100
#   "price,size\n227.31,000900"    error         227.31, 900
#   "price,size\n,100"             0, 100        error
set -euo pipefail
command -v dpkg-deb >/dev/null || { echo "needs Debian 12, for gocsv of 2018-01-13" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -qq golang-1.19-go golang-1.19-src golang-github-gocarina-gocsv-dev=0.0~git20180113.45cbb9c-1.1 golang-github-jszwec-csvutil-dev 2>apt.log || { cat apt.log >&2; exit 1; }
for package in *.deb; do dpkg-deb -x "$package" .; done
export GOROOT=$PWD/usr/lib/go-1.19 GOPATH=$PWD/usr/share/gocode GOCACHE=$PWD/cache GO111MODULE=off GOPROXY=off CGO_ENABLED=0

cat > probe.go <<'PROBE'
package main

import (
	"fmt"
	"os"

	"github.com/gocarina/gocsv"
	"github.com/jszwec/csvutil"
)

type trade struct {
	Price float64 `csv:"price"`
	Size  int     `csv:"size"`
}

func text(trades []trade, err error) string {
	if err != nil {
		return "error"
	}
	return fmt.Sprintf("%g, %d", trades[0].Price, trades[0].Size)
}

func main() {
	right := true
	fmt.Printf("%-30s %-13s %s\n", "", "gocsv", "csvutil")
	for _, probe := range []struct{ file, gocsv, csvutil string }{
		{"price,size\n227.31,100\n", "227.31, 100", "227.31, 100"},
		{"price,size\n227.31,000100\n", "227.31, 64", "227.31, 100"},
		{"price,size\n227.31,-0100\n", "227.31, -64", "227.31, -100"},
		{"price,size\n227.31,000900\n", "error", "227.31, 900"},
		{"price,size\n,100\n", "0, 100", "error"},
	} {
		var first, second []trade
		err := gocsv.UnmarshalString(probe.file, &first)
		seen := text(first, err)
		err = csvutil.Unmarshal([]byte(probe.file), &second)
		other := text(second, err)
		fmt.Printf("%-30q %-13s %s\n", probe.file[:len(probe.file)-1], seen, other)
		right = right && seen == probe.gocsv && other == probe.csvutil
	}
	if !right {
		fmt.Fprintln(os.Stderr, "not as described any more")
		os.Exit(1)
	}
}
PROBE
timeout 100 "$GOROOT/bin/go" run probe.go

#!/usr/bin/env bash
# go-csv (Go): sorted by symbol from Z to A and then by time, the ticks of a symbol are in no order of time; ascending, or with the last key reversed only, all is right.
#
# Expected: a key that is reversed turns the order of that key. Rows that are equal in it are ordered by the next one.
# Seen: the comparison of a reversed key in go-csv of 2021-07-09 is "not less", which is true for equal values too. Two rows with the same symbol each come "before" the other, the keys behind it are
#   never asked, and the sort leaves rows as they happen to come. The same for csv-sort --reverse. There is no error.
# Why it matters: "the latest day first, and in each day by time" is the everyday order of a file of ticks: each day is shuffled, its first and last are
#   not its open and close, and an as-of join behind it takes any quote. With one key, or the last key reversed, the tests are green.
# Way to live with it: sort(1), with -k2,2r -k1,1n; or two sorts, by the last key first, with a stable sort of one's own. In tests two reversed rows with the same first key.
# Versions: golang-github-wildducktheories-go-csv-dev 0.0~git20210709.8745000-1 (Debian 12), Go 1.19. Source: AsRecordComparators and Less in sort.go. Nothing found about it.
#
# Output seen:
#   reversed:              AAPL,1 AAPL,2 AAPL,3 MSFT,1 MSFT,2 MSFT,3
#   reversed: time         AAPL,3 AAPL,2 AAPL,1 MSFT,3 MSFT,2 MSFT,1
#   reversed: symbol       MSFT,3 MSFT,1 MSFT,2 AAPL,2 AAPL,1 AAPL,3
#   reversed: symbol time  MSFT,3 MSFT,1 MSFT,2 AAPL,2 AAPL,1 AAPL,3
set -euo pipefail
command -v dpkg-deb >/dev/null || { echo "needs Debian 12, for go-csv of 2021-07-09" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -qq golang-1.19-go golang-1.19-src golang-github-wildducktheories-go-csv-dev=0.0~git20210709.8745000-1 2>apt.log || { cat apt.log >&2; exit 1; }
for package in *.deb; do dpkg-deb -x "$package" .; done
export GOROOT=$PWD/usr/lib/go-1.19 GOPATH=$PWD/usr/share/gocode GOCACHE=$PWD/cache GO111MODULE=off GOPROXY=off CGO_ENABLED=0

cat > probe.go <<'PROBE'
package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"

	csv "github.com/wildducktheories/go-csv"
)

type buffer struct{ bytes.Buffer }

func (*buffer) Close() error { return nil }

func main() {
	ticks := "symbol,time\nMSFT,2\nAAPL,3\nMSFT,1\nAAPL,1\nAAPL,2\nMSFT,3\n"
	right := true
	for _, probe := range []struct {
		reversed string
		seen     string
	}{
		{"", "AAPL,1 AAPL,2 AAPL,3 MSFT,1 MSFT,2 MSFT,3"},
		{"time", "AAPL,3 AAPL,2 AAPL,1 MSFT,3 MSFT,2 MSFT,1"},
		{"symbol", ""},
		{"symbol time", ""},
	} {
		keys := &csv.SortKeys{Keys: []string{"symbol", "time"}, Reversed: strings.Fields(probe.reversed)}
		out, done := &buffer{}, make(chan error, 1)
		keys.AsSortProcess().Run(csv.WithIoReader(io.NopCloser(strings.NewReader(ticks))), csv.WithIoWriter(out), done)
		if err := <-done; err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		rows := strings.Join(strings.Fields(out.String())[1:], " ")
		fmt.Printf("reversed: %-12s %s\n", probe.reversed, rows)
		if probe.seen != "" {
			right = right && rows == probe.seen
			continue
		}
		sorted := map[string]string{"symbol": "MSFT,1 MSFT,2 MSFT,3 AAPL,1 AAPL,2 AAPL,3", "symbol time": "MSFT,3 MSFT,2 MSFT,1 AAPL,3 AAPL,2 AAPL,1"}[probe.reversed]
		right = right && rows != sorted && strings.HasPrefix(rows, "MSFT") && strings.LastIndex(rows, "MSFT") < strings.Index(rows, "AAPL")
	}
	if !right {
		fmt.Fprintln(os.Stderr, "not as described any more")
		os.Exit(1)
	}
}
PROBE
timeout 100 "$GOROOT/bin/go" run probe.go

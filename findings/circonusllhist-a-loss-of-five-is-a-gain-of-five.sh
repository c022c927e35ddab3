#!/usr/bin/env bash
# circonusllhist (Go): a loss of 5 that follows a gain of 5 is counted as another gain of 5, and after a loss first, gains are losses; the minimum of -5, -1, 3 and 9 is -1.1.
#
# Expected: the log-linear histogram has a bin for each sign, with two digits of precision, as the C library of the same format has. The minimum is the left end of the lowest bin.
# Seen: circonusllhist of 2019-10-22 sorts its bins by size without the sign. A value whose bin does not exist yet is put into the bin of the same size and the other sign, if there is one. Bins of
#   both signs stand in one row by size, and Min(), Max() and all quantiles are read from that row.
# Why it matters: changes of price, slippage, offsets of clocks and profits have both signs and come in the same few sizes. A day of equal ups and downs has the mean of one of the two. The bins that
#   are sent to a backend are as wrong. Latencies are right, so nobody notices until the first quantity with a sign.
# Way to live with it: two histograms, one for gains and one for losses; or a constant added that makes all positive. In tests +x and -x.
# Versions: golang-github-circonus-labs-circonusllhist-dev 0.0~git20191022.ec08cde-1 (Debian 12), Go 1.19. Source: compare and internalFind in circonusllhist.go. Nothing found about it.
#
# Output seen:
#   recorded              bins                                         mean   min    max
#   5 -5                  5.0e+00=2                                    5.05   5.00   5.10
#   -5 5                  -5.0e+00=2                                   -5.05  -5.10  -5.00
#   -5 -1 3 9             -1.0e+00=1 3.0e+00=1 -5.0e+00=1 9.0e+00=1    1.50   -1.10  9.10
#   1 2 3                 1.0e+00=1 2.0e+00=1 3.0e+00=1                2.05   1.00   3.10
set -euo pipefail
command -v dpkg-deb >/dev/null || { echo "needs Debian 12, for circonusllhist of 2019-10-22" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -qq golang-1.19-go golang-1.19-src golang-github-circonus-labs-circonusllhist-dev=0.0~git20191022.ec08cde-1 2>apt.log || { cat apt.log >&2; exit 1; }
for package in *.deb; do dpkg-deb -x "$package" .; done
export GOROOT=$PWD/usr/lib/go-1.19 GOPATH=$PWD/usr/share/gocode GOCACHE=$PWD/cache GO111MODULE=off GOPROXY=off CGO_ENABLED=0

cat > probe.go <<'PROBE'
package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/circonus-labs/circonusllhist"
)

func main() {
	right := true
	fmt.Printf("%-21s %-44s %-6s %-6s %s\n", "recorded", "bins", "mean", "min", "max")
	for _, probe := range []struct {
		values []float64
		seen   string
	}{
		{[]float64{5, -5}, "5.0e+00=2 5.05 5.00 5.10"},
		{[]float64{-5, 5}, "-5.0e+00=2 -5.05 -5.10 -5.00"},
		{[]float64{-5, -1, 3, 9}, "-1.0e+00=1 3.0e+00=1 -5.0e+00=1 9.0e+00=1 1.50 -1.10 9.10"},
		{[]float64{1, 2, 3}, "1.0e+00=1 2.0e+00=1 3.0e+00=1 2.05 1.00 3.10"},
	} {
		histogram := circonusllhist.New()
		for _, value := range probe.values {
			histogram.RecordValue(value)
		}
		bins := strings.NewReplacer("H[", "", "]", "").Replace(strings.Join(histogram.DecStrings(), " "))
		mean, least, most := histogram.Mean(), histogram.Min(), histogram.Max()
		fmt.Printf("%-21s %-44s %-6.2f %-6.2f %.2f\n", strings.Trim(fmt.Sprint(probe.values), "[]"), bins, mean, least, most)
		right = right && fmt.Sprintf("%s %.2f %.2f %.2f", bins, mean, least, most) == probe.seen
	}
	if !right {
		fmt.Fprintln(os.Stderr, "not as described any more")
		os.Exit(1)
	}
}
PROBE
timeout 100 "$GOROOT/bin/go" run probe.go

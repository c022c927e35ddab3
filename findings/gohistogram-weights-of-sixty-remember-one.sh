#!/usr/bin/env bash
# gohistogram (Go): a weighted histogram with the alpha that its documentation asks for remembers one value instead of sixty; values that are each a new maximum are all remembered for ever.
#
# Expected: "alpha should be set to 2/(N+1)": 0.033 for a window of 60, so that each new value takes 3 % from the weight of the old ones. One slow tick of 60 does not move the mean much.
# Seen: gohistogram 1.0.0 multiplies the old weights by alpha instead of 1 - alpha: they keep 3 %. The sum of all weights is about 1, and Mean() and the quantiles are those of the last value or two.
#   A value above all others is appended without a decay of the rest: a series that only rises has equal weights, and its beginning never fades.
# Why it matters: the "mean of the last minute" goes from 19.7 ms to 252 ms with one outlier, and back with the next tick: alarms ring and stop at once, and a slow minute is seen only if its last
#   tick is slow. While a price climbs, the same code is a mean of all prices since the start.
# Way to live with it: 1 - 2/(N+1) for alpha, which is right for all but rising values; or a histogram for each minute. In tests 100 equal values, one outlier, and the mean.
# Versions: golang-github-vividcortex-gohistogram-dev 1.0.0-2 (Debian 12), Go 1.19. Source: ewma, scaleDown and Add in weightedhistogram.go. Nothing found about it.
#
# Output seen (40 bins; the sum of the weights, then mean, median and 99 %):
#                                   alpha 2/61               alpha 1 - 2/61
#   600 ticks of 10 ms and 20 ms    1.1   19.7  20   20      60.0  15.1  20   20
#   and one of 500 ms               2.1   252.0 20   500     61.0  23.0  20   500
#   and one of 10 ms                1.1   24.9  10   500     61.0  22.6  10   500
#   a price from 100 to 129         30.0  114.5 114  129     30.0  114.5 114  129
set -euo pipefail
command -v dpkg-deb >/dev/null || { echo "needs Debian 12, for gohistogram 1.0.0" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -qq golang-1.19-go golang-1.19-src golang-github-vividcortex-gohistogram-dev=1.0.0-2 2>apt.log || { cat apt.log >&2; exit 1; }
for package in *.deb; do dpkg-deb -x "$package" .; done
export GOROOT=$PWD/usr/lib/go-1.19 GOPATH=$PWD/usr/share/gocode GOCACHE=$PWD/cache GO111MODULE=off GOPROXY=off CGO_ENABLED=0

cat > probe.go <<'PROBE'
package main

import (
	"fmt"
	"os"

	"github.com/VividCortex/gohistogram"
)

func numbers(h *gohistogram.WeightedHistogram) string {
	return fmt.Sprintf("%-5.1f %-5.1f %-4.0f %-4.0f", h.Count(), h.Mean(), h.Quantile(0.5), h.Quantile(0.99))
}

func main() {
	fmt.Printf("%-31s %-24s %s\n", "", "alpha 2/61", "alpha 1 - 2/61")
	asked, other := gohistogram.NewWeightedHistogram(40, 2.0/61), gohistogram.NewWeightedHistogram(40, 1-2.0/61)
	add := func(values ...float64) {
		for _, value := range values {
			asked.Add(value)
			other.Add(value)
		}
	}
	right := true
	line := func(name, seen string) {
		text := numbers(asked)
		fmt.Printf("%-31s %-24s %s\n", name, text, numbers(other))
		right = right && text == seen
	}
	for i := 0; i < 300; i++ {
		add(10, 20)
	}
	line("600 ticks of 10 ms and 20 ms", "1.1   19.7  20   20  ")
	add(500)
	line("and one of 500 ms", "2.1   252.0 20   500 ")
	add(10)
	line("and one of 10 ms", "1.1   24.9  10   500 ")
	asked, other = gohistogram.NewWeightedHistogram(40, 2.0/61), gohistogram.NewWeightedHistogram(40, 1-2.0/61)
	for i := 0; i < 30; i++ {
		add(float64(100 + i))
	}
	line("a price from 100 to 129", "30.0  114.5 114  129 ")
	if !right {
		fmt.Fprintln(os.Stderr, "not as described any more")
		os.Exit(1)
	}
}
PROBE
timeout 100 "$GOROOT/bin/go" run probe.go

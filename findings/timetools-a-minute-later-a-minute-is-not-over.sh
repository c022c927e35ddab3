#!/usr/bin/env bash
# timetools (Go, a clock for tests): a minute after After(time.Minute) nothing has fired; a nanosecond later it has; timers that one step passes all get the time of its end.
#
# Expected: AdvanceTimeBy(clock, time.Minute) wakes who waits for a minute, as the fake clocks of clockwork and of others do, and as the system's clock does.
# Seen: timetools of 2017-06-19 wakes those whose time is before the new one, not those whose time it is. FreezedTime of the same package does fire. Timers of 10, 20 and 30 s that one step of a minute passes
#   all get the time at the end of the step.
# Why it matters: tests step by the length of a heartbeat or a timeout. "Nothing happens after 30 s without a pong" is green though the code closes the line at 30 s; the step that was to end the line is
#   the next one, and limits are tested one interval too late. Code that measures the age of a tick with the time that it is given sees 60 s for each.
# Way to live with it: steps of the interval and a nanosecond; many short steps where the time is used. In a test of the test: After(d), a step of d, and it must have fired.
# Versions: golang-github-mailgun-timetools-dev 0.0~git20170619.f3a7b8f-2 (Debian 12), clockwork of the same release in the comparison, Go 1.19. Source: AdvanceTimeBy in provider.go. Nothing found about it.
#
# Output seen:
#   clockwork, After(1m), a step of 1m         fired, 1m0s
#   timetools, After(1m), a step of 1m         waits
#   and a step of 1ns                          fired, 1m0.000000001s
#   After(30s), steps of 30s                   fired at 60s
#   After(10s) and After(20s), a step of 1m    fired, 1m0s; fired, 1m0s
set -euo pipefail
command -v dpkg-deb >/dev/null || { echo "needs Debian 12, for timetools of 2017-06-19" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -qq golang-1.19-go golang-1.19-src golang-github-mailgun-timetools-dev=0.0~git20170619.f3a7b8f-2 golang-gopkg-mgo.v2-dev golang-github-jonboulle-clockwork-dev 2>apt.log || { cat apt.log >&2; exit 1; }
for package in *.deb; do dpkg-deb -x "$package" .; done
export GOROOT=$PWD/usr/lib/go-1.19 GOPATH=$PWD/usr/share/gocode GOCACHE=$PWD/cache GO111MODULE=off GOPROXY=off CGO_ENABLED=0

cat > probe.go <<'PROBE'
package main

import (
	"fmt"
	"os"
	"time"

	"github.com/jonboulle/clockwork"
	"github.com/mailgun/timetools"
)

func state(timer <-chan time.Time, start time.Time) string {
	select {
	case at := <-timer:
		return "fired, " + at.Sub(start).String()
	default:
		return "waits"
	}
}

func main() {
	start := time.Date(2026, 1, 5, 9, 15, 0, 0, time.UTC)
	right := true
	line := func(name, seen, expected string) {
		fmt.Printf("%-42s %s\n", name, seen)
		right = right && seen == expected
	}

	fake := clockwork.NewFakeClockAt(start)
	timer := fake.After(time.Minute)
	fake.Advance(time.Minute)
	line("clockwork, After(1m), a step of 1m", state(timer, start), "fired, 1m0s")

	clock := timetools.SleepProvider(start)
	timer = clock.After(time.Minute)
	timetools.AdvanceTimeBy(clock, time.Minute)
	line("timetools, After(1m), a step of 1m", state(timer, start), "waits")
	timetools.AdvanceTimeBy(clock, time.Nanosecond)
	line("and a step of 1ns", state(timer, start), "fired, 1m0.000000001s")

	clock = timetools.SleepProvider(start)
	timer = clock.After(30 * time.Second)
	woken := 0
	for i := 0; i < 2; i++ {
		timetools.AdvanceTimeBy(clock, 30*time.Second)
		if state(timer, start) != "waits" {
			woken = (i + 1) * 30
		}
	}
	line("After(30s), steps of 30s", fmt.Sprintf("fired at %ds", woken), "fired at 60s")

	clock = timetools.SleepProvider(start)
	early, late := clock.After(10*time.Second), clock.After(20*time.Second)
	timetools.AdvanceTimeBy(clock, time.Minute)
	line("After(10s) and After(20s), a step of 1m", state(early, start)+"; "+state(late, start), "fired, 1m0s; fired, 1m0s")
	if !right {
		fmt.Fprintln(os.Stderr, "not as described any more")
		os.Exit(1)
	}
}
PROBE
timeout 100 "$GOROOT/bin/go" run probe.go

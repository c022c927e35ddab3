#!/usr/bin/env bash
# go-statsd-client (Go): a sub-client sends no tags: the counts of all symbols arrive under one name, without an error.
#
# Expected: NewSubStatter("ticks") is the client with a longer prefix: Inc("n", ..., tag) has the tag, as it has with the client itself.
# Seen: with go-statsd-client 5.0.0 a sub-client gets prefix, sender and sampler of its parent but not the format for tags. Without a format neither of the two places for tags is written: the tags are
#   dropped, and the call returns nil. It is so for each format that the parent has, and for sub-clients of sub-clients.
# Why it matters: one sub-client for each part of the program is the usual way. The metric is there and has a plausible size, but AAPL and MSFT are one series, and a gauge is that of whoever wrote last.
#   No alarm for one silent symbol can ring.
# Way to live with it: a client of its own for each prefix, with NewClientWithConfig; or the whole name with the parent. In tests the bytes that arrive at a UDP socket, with a tag.
# Versions: golang-github-cactus-go-statsd-client-dev 5.0.0-1 (Debian 12), Go 1.19. Source: NewSubStatter and submit in statsd/client.go. Nothing found about it.
#
# Output seen:
#   default  client      AAPL  feed.ticks.n:1|c|#symbol:AAPL
#   default  sub-client  AAPL  feed.ticks.n:1|c
#   default  sub-client  MSFT  feed.ticks.n:1|c
#   infix    client      AAPL  feed.ticks.n,symbol=AAPL:1|c
#   infix    sub-client  AAPL  feed.ticks.n:1|c
#   infix    sub-client  MSFT  feed.ticks.n:1|c
set -euo pipefail
command -v dpkg-deb >/dev/null || { echo "needs Debian 12, for go-statsd-client 5.0.0" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -qq golang-1.19-go golang-1.19-src golang-github-cactus-go-statsd-client-dev=5.0.0-1 2>apt.log || { cat apt.log >&2; exit 1; }
for package in *.deb; do dpkg-deb -x "$package" .; done
export GOROOT=$PWD/usr/lib/go-1.19 GOPATH=$PWD/usr/share/gocode GOCACHE=$PWD/cache GO111MODULE=off GOPROXY=off CGO_ENABLED=0

cat > probe.go <<'PROBE'
package main

import (
	"fmt"
	"net"
	"os"
	"time"

	"github.com/cactus/go-statsd-client/statsd"
)

func fail(text string) {
	fmt.Fprintln(os.Stderr, text)
	os.Exit(1)
}

func main() {
	socket, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		fail(err.Error())
	}
	packet := make([]byte, 1500)
	right := true
	for _, format := range []struct {
		name   string
		format statsd.TagFormat
		client string
	}{
		{"default", 0, "feed.ticks.n:1|c|#symbol:AAPL"},
		{"infix", statsd.InfixComma, "feed.ticks.n,symbol=AAPL:1|c"},
	} {
		client, err := statsd.NewClientWithConfig(&statsd.ClientConfig{Address: socket.LocalAddr().String(), Prefix: "feed", TagFormat: format.format})
		if err != nil {
			fail(err.Error())
		}
		send := func(name string, sender statsd.StatSender, stat, symbol, expected string) {
			if err := sender.Inc(stat, 1, 1, statsd.Tag{"symbol", symbol}); err != nil {
				fail(err.Error())
			}
			socket.SetReadDeadline(time.Now().Add(5 * time.Second))
			n, _, err := socket.ReadFrom(packet)
			if err != nil {
				fail(err.Error())
			}
			fmt.Printf("%-8s %-11s %-5s %s\n", format.name, name, symbol, packet[:n])
			right = right && string(packet[:n]) == expected
		}
		sub := client.NewSubStatter("ticks")
		send("client", client, "ticks.n", "AAPL", format.client)
		send("sub-client", sub, "n", "AAPL", "feed.ticks.n:1|c")
		send("sub-client", sub, "n", "MSFT", "feed.ticks.n:1|c")
	}
	if !right {
		fail("not as described any more")
	}
}
PROBE
timeout 100 "$GOROOT/bin/go" run probe.go

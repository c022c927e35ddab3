#!/usr/bin/env bash
# eventsource of donovanhide (Go): who reads the events but not the errors is never connected again after the first cut; its store replays ticks 2 to 9 to who has seen 10, and no tick after 9.
#
# Expected: "the client isn't required to take any action when an error is encountered. The stream will always attempt to continue, even if that involves reconnecting to the server."
# Seen: the client of 2021-08-30 writes each error to a channel without a buffer before it waits for the reconnection. If nobody receives there, it stands in that line for ever: no attempt, no log, and
#   the channel of events stays open. With a reader of Errors it comes back and sends Last-Event-ID. SliceRepository compares ids as texts and sends the last event again: behind "10" come 10, 11, and 2 to 9.
# Why it matters: the loop over Events is the whole program in the first example. It works until the service restarts for the first time; then the feed is silent, and the process looks healthy.
# Way to live with it: a goroutine that drains Errors from the first moment; a deadline for silence; ids of a fixed length for SliceRepository. In tests a server that ends each response, and ten ticks.
# Versions: golang-github-donovanhide-eventsource-dev 0.0~git20210830.c590279-2 (Debian 12), Go 1.19. Source: receiveEvents in stream.go, indexOfEvent in repository.go. Nothing found about it.
#
# Output seen:
#   replayed behind 9     9
#   replayed behind 10    10 11 2 3 4 5 6 7 8 9
#   errors read           5 ticks
#   errors not read       1 tick in 10 s, 1 connection
set -euo pipefail
command -v dpkg-deb >/dev/null || { echo "needs Debian 12, for eventsource of 2021-08-30" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -qq golang-1.19-go golang-1.19-src golang-github-donovanhide-eventsource-dev=0.0~git20210830.c590279-2 2>apt.log || { cat apt.log >&2; exit 1; }
for package in *.deb; do dpkg-deb -x "$package" .; done
export GOROOT=$PWD/usr/lib/go-1.19 GOPATH=$PWD/usr/share/gocode GOCACHE=$PWD/cache GO111MODULE=off GOPROXY=off CGO_ENABLED=0

cat > probe.go <<'PROBE'
package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/donovanhide/eventsource"
)

type tick string

func (id tick) Id() string    { return string(id) }
func (id tick) Event() string { return "" }
func (id tick) Data() string  { return string(id) }

// One tick for each response, then the response ends; the client is asked to come back after 0.1 s.
func ticks(readErrors bool) (connections, events int32) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		fmt.Fprintf(w, "retry: 100\nid: %d\ndata: tick\n\n", atomic.AddInt32(&connections, 1))
	}))
	defer server.Close()
	stream, err := eventsource.Subscribe(server.URL, "")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if readErrors {
		go func() {
			for range stream.Errors {
			}
		}()
	}
	for end := time.After(10 * time.Second); events < 5; {
		select {
		case <-stream.Events:
			events++
		case <-end:
			return atomic.LoadInt32(&connections), events
		}
	}
	return atomic.LoadInt32(&connections), events
}

func main() {
	repository := eventsource.NewSliceRepository()
	for id := 1; id <= 11; id++ {
		repository.Add("ticks", tick(fmt.Sprint(id)))
	}
	seen := []string{}
	for _, last := range []string{"9", "10"} {
		ids := []string{}
		for event := range repository.Replay("ticks", last) {
			ids = append(ids, event.Id())
		}
		fmt.Printf("replayed behind %-5s %s\n", last, strings.Join(ids, " "))
		seen = append(seen, strings.Join(ids, " "))
	}
	connections, events := ticks(true)
	fmt.Printf("errors read           %d ticks\n", events)
	alone, first := ticks(false)
	fmt.Printf("errors not read       %d tick in 10 s, %d connection\n", first, alone)
	if connections < 5 || events != 5 || alone != 1 || first != 1 || seen[0] != "9" || seen[1] != "10 11 2 3 4 5 6 7 8 9" {
		fmt.Fprintln(os.Stderr, "not as described any more")
		os.Exit(1)
	}
}
PROBE
timeout 100 "$GOROOT/bin/go" run probe.go

#!/usr/bin/env bash
# goburrow/modbus (Go): after one answer that came too late each register has the value of the one asked before (serial line), or every further read fails (TCP), for as long as the connection lives.
#
# Expected: a read that has timed out is over. Its late answer is thrown away before the next question, or the connection is made anew.
# Seen: modbus 0.1.0 does neither. The late answer lies in the buffer and is read as the next one. RTU has no numbers for questions: device, function and checksum are right, and the value of register 102
#   is given out as 103, without an error, and so on. TCP has numbers: the answer is refused, its successor waits in its place, and each read fails with "transaction id does not match". The line is
#   closed after 60 s without questions, which never come while somebody asks.
# Why it matters: meters, batteries and tickers on serial lines are bridged into feeds with it. After one slow moment price and volume, or import and export, have changed places, and all look
#   plausible. Over TCP the series ends until somebody restarts the bridge.
# Way to live with it: Close() on the handler after each error. In tests a device that answers once after the timeout, and different values in all registers.
# Versions: golang-github-goburrow-modbus-dev 0.1.0-3, golang-github-goburrow-serial-dev 0.1.0-2 (Debian 12), Go 1.19, Python 3.11 as the device. Source: Send in tcpclient.go and rtuclient.go. For TCP
#   known and open since 2020 (issue 64, pull request 65); for RTU nothing was found.
#
# Output seen:
#   RTU  100:100 101:101 102:error 103:102 100:103 101:100 102:101 103:102
#   TCP  100:100 101:101 102:error 103:error 100:error 101:error 102:error 103:error
set -euo pipefail
command -v dpkg-deb >/dev/null || { echo "needs Debian 12, for goburrow/modbus 0.1.0" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -qq golang-1.19-go golang-1.19-src golang-github-goburrow-modbus-dev=0.1.0-3 golang-github-goburrow-serial-dev=0.1.0-2 2>apt.log || { cat apt.log >&2; exit 1; }
for package in *.deb; do dpkg-deb -x "$package" .; done
export GOROOT=$PWD/usr/lib/go-1.19 GOPATH=$PWD/usr/share/gocode GOCACHE=$PWD/cache GO111MODULE=off GOPROXY=off CGO_ENABLED=0

cat > probe.go <<'PROBE'
package main

import (
	"encoding/binary"
	"fmt"
	"os"
	"time"

	"github.com/goburrow/modbus"
)

func main() {
	var client modbus.Client
	if os.Args[1] == "TCP" {
		handler := modbus.NewTCPClientHandler(os.Args[2])
		handler.SlaveId, handler.Timeout = 1, time.Second
		client = modbus.NewClient(handler)
	} else {
		handler := modbus.NewRTUClientHandler(os.Args[2])
		handler.SlaveId, handler.Timeout = 1, time.Second
		handler.BaudRate, handler.DataBits, handler.Parity, handler.StopBits = 115200, 8, "N", 1
		client = modbus.NewClient(handler)
	}
	for i := 0; i < 8; i++ {
		register := uint16(100 + i%4)
		value, err := client.ReadHoldingRegisters(register, 1)
		if err != nil {
			fmt.Printf("%d:error ", register)
			time.Sleep(time.Second)
			continue
		}
		fmt.Printf("%d:%d ", register, binary.BigEndian.Uint16(value))
	}
}
PROBE
timeout 100 "$GOROOT/bin/go" build -o client probe.go
cat > probe.py <<'PROBE'
import contextlib
import os
import socket
import subprocess
import sys
import threading
import time
import tty

server = socket.create_server(("127.0.0.1", 0))
master, slave = os.openpty()
tty.setraw(master)
tty.setraw(slave)


def pause(number):
    """Each answer takes 0.2 s, the third 1.5 s; the client waits for 1 s."""
    time.sleep(1.5 if number == 2 else 0.2)


def tcp():
    with contextlib.suppress(OSError), server.accept()[0] as line:
        for number in range(8):
            request = line.recv(12)
            pause(number)
            line.sendall(request[:4] + b"\0\5" + request[6:8] + b"\2" + request[8:10])


def checksum(frame):
    value = 0xFFFF
    for byte in frame:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0xA001 if value & 1 else 0)
    return value.to_bytes(2, "little")


def rtu():
    for number in range(8):
        request = os.read(master, 8)
        pause(number)
        answer = request[:2] + b"\2" + request[2:4]
        os.write(master, answer + checksum(answer))


seen = {}
for name, device, address in (("RTU", rtu, os.ttyname(slave)), ("TCP", tcp, "127.0.0.1:%d" % server.getsockname()[1])):
    threading.Thread(target=device, daemon=True).start()
    run = subprocess.run(["./client", name, address], capture_output=True, text=True, timeout=40, check=True)
    seen[name] = run.stdout.split()
    print(f"{name}  {run.stdout}")
good = ["100:100", "101:101", "102:error"]
if seen != {"RTU": good + ["103:102", "100:103", "101:100", "102:101", "103:102"], "TCP": good + ["103:error", "100:error", "101:error", "102:error", "103:error"]}:
    sys.exit("not as described any more")
PROBE
timeout 90 python3 probe.py

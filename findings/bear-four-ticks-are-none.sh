#!/usr/bin/env bash
# bear (Erlang, under folsom): of four ticks the minimum, the maximum, the p99 and the number are 0, and two prices that move together do not; from five on all is right.
#
# Expected: "statistics functions"; the largest of 10, 20, 30 and 40 is 40, and their number 4. What cannot be calculated from so few is left out or an error.
# Seen: bear 0.8.2 has one answer for all lists of fewer than five values: 0.0 for everything, n included; get_statistics/2 of two such lists is 0.0, a number in the place of a list, where five values give covariance and
#   correlations. There is no sign in the result by which it differs from a measurement of zeros.
# Why it matters: it is what folsom's histograms report. In a quiet minute with four ticks the latency is 0 ms, the price 0.0 and the p99 is best; a check "p99 below 50 ms" passes most surely where there is no traffic. A
#   correlation of 0.0 means something.
# Way to live with it: length() first, and no report below five; the maximum and the count by lists:max/1 and length/1. In tests a minute with one tick, and one with four.
# Versions: erlang-bear 0.8.2+dfsg-3, erlang-base 25.2.3 (Debian 12). Source: STATS_MIN and the second clause of get_statistics/1 in bear.erl. Nothing found about it.
#
# Output seen:
#               n  min  max   mean  p99   correlation with its double
#   4 values    0  0.0  0.0   0.0   0.0   0.0
#   5 values    5  10   50    30.0  50    1.0
set -euo pipefail
command -v dpkg-deb >/dev/null || { echo "needs Debian 12, for erlang-bear 0.8.2" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -qq erlang-bear=0.8.2+dfsg-3 erlang-base libtinfo6 2>apt.log || { cat apt.log >&2; exit 1; }
for package in *.deb; do dpkg-deb -x "$package" .; done
ROOTDIR=$PWD/usr/lib/erlang
BINDIR=$(echo "$ROOTDIR"/erts-*/bin)
LD_LIBRARY_PATH=$(dirname "$(find "$PWD" -name 'libtinfo.so.6' | head -1)")
export ROOTDIR BINDIR LD_LIBRARY_PATH EMU=beam PROGNAME=erl

cat > probe.erl <<'PROBE'
-module(probe).
-export([main/0]).

row(Values) ->
    Of = bear:get_statistics(Values),
    Get = fun(Name) -> proplists:get_value(Name, Of) end,
    Together = case bear:get_statistics(Values, [2 * Value || Value <- Values]) of
        List when is_list(List) -> proplists:get_value(rho, List);
        Number -> Number
    end,
    io:format("~-11s ~-2w ~-4w ~-5w ~-5w ~-5w ~w~n", [integer_to_list(length(Values)) ++ " values", Get(n), Get(min), Get(max),
        Get(arithmetic_mean), proplists:get_value(99, Get(percentile)), Together]).

main() ->
    io:format("~-11s ~-2s ~-4s ~-5s ~-5s ~-5s ~s~n", ["", "n", "min", "max", "mean", "p99", "correlation with its double"]),
    row([10, 20, 30, 40]),
    row([10, 20, 30, 40, 50]).
PROBE
timeout 40 "$BINDIR/erlexec" -noshell -pa "$(echo "$ROOTDIR"/lib/bear-*/ebin)" -eval '{ok, _} = compile:file("probe"), probe:main(), halt().' >seen
cat seen
cat >expected <<'SEEN'
            n  min  max   mean  p99   correlation with its double
4 values    0  0.0  0.0   0.0   0.0   0.0
5 values    5  10   50    30.0  50    1.0
SEEN
cmp -s seen expected || { echo "not as described any more" >&2; exit 1; }

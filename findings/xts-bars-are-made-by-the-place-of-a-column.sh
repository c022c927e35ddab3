#!/usr/bin/env bash
# xts: to.minutes() says that it brings the columns in order, and does not: from open, close, high, low come bars whose low is above their high; and quotes become candles.
#
# Expected: its help: "Internally a call is made to reorder the data into the correct column order, and then a verification step to make sure that this ordering and naming has succeeded";
#   the columns have to be named Open, High, Low, Close. What is neither OHLC nor one series "must be aggregated with functions such as aggregate and period.apply".
# Seen: xts 0.13.0 takes the columns by their place, whatever their names: with four or more the first four are open, high, low, close, with fewer the first one is the price. Only volume
#   is looked for by its name. Columns named Open, Close, High, Low, the order of several data services, give a high that is the highest close and a low that is the lowest high; Bid, Ask,
#   BidSize, AskSize are made into a candle, and Volume, Price into candles of volumes. There is no error and no warning. And last(x, "30 seconds") is the last 30
#   seconds that have a tick, five minutes when one comes each ten.
# Why it matters: to.minutes, to.weekly and the rest are what R has for bars. Stops and ranges from such bars are wrong in a direction that looks calm: highs too low, lows too high.
# Way to live with it: x[, c("Open", "High", "Low", "Close", "Volume")] in front of each; for a window x[index(x) > end(x) - 30]. In tests a bar whose high is above open and close, and
#   columns in another order.
# Versions: r-cran-xts 0.13.0-1, r-cran-zoo 1.8-11, R 4.2.2 (Debian 12). Source: to.period(), which looks for the columns of volume only. The pages ?to.period and ?first say otherwise. Nothing found
#   about it.
#
# Output seen (two minutes, the first 100 110 90 101, the second 101 106 95 105; one bar of both):
#   Open High Low Close         O 100  H 110  L 90   C 105
#   Open Close High Low         O 100  H 105  L 106  C 95
#   Bid Ask BidSize AskSize     O 99   H 103  L 2    C 7
#   Price Volume                O 100  H 101  L 100  C 101
#   Volume Price                O 5    H 7    L 5    C 7
#   last(x, "30 seconds") of a tick each 10 s: 30 ticks, from 09:20:10 to 09:25:00
set -euo pipefail
Rscript -e 'stopifnot(packageVersion("xts") == "0.13.0")' >/dev/null 2>&1 || { echo "needs Debian 12 and apt-get install r-base-core r-cran-xts, for xts 0.13.0" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

cat > probe.R <<'PROBE'
suppressMessages(library(xts))
Sys.setenv(TZ = "UTC")
start <- as.POSIXct("2026-01-05 09:15:00", tz = "UTC")
frame <- function(...) {
  x <- xts(rbind(...), start + c(0, 60))
  colnames(x) <- names(c(...))[seq_len(ncol(x))]
  x
}
cases <- list(
  frame(c(Open = 100, High = 110, Low = 90, Close = 101), c(101, 106, 95, 105)),
  frame(c(Open = 100, Close = 101, High = 110, Low = 90), c(101, 105, 106, 95)),
  frame(c(Bid = 99, Ask = 102, BidSize = 2, AskSize = 9), c(100, 103, 4, 7)),
  frame(c(Price = 100, Volume = 5), c(101, 7)),
  frame(c(Volume = 5, Price = 100), c(7, 101))
)
expected <- list(c(100, 110, 90, 105), c(100, 105, 106, 95), c(99, 103, 2, 7), c(100, 101, 100, 101), c(5, 7, 5, 7))
right <- TRUE
for (i in seq_along(cases)) {
  bar <- as.numeric(to.period(cases[[i]], "hours"))[1:4]
  cat(sprintf("%-27s O %-4g H %-4g L %-4g C %g\n", paste(colnames(cases[[i]]), collapse = " "), bar[1], bar[2], bar[3], bar[4]))
  right <- right && isTRUE(all.equal(bar, expected[[i]]))
}
window <- last(xts(1:61, start + 10 * (0:60)), "30 seconds")
cat(sprintf("last(x, \"30 seconds\") of a tick each 10 s: %d ticks, from %s to %s\n", nrow(window),
            format(start(window), "%H:%M:%S"), format(end(window), "%H:%M:%S")))
if (!right || nrow(window) != 30) {
  message("not as described any more")
  quit(status = 1)
}
PROBE
timeout 60 Rscript --vanilla probe.R

#!/usr/bin/env bash
# timeDate, timeSeries (R): times with milliseconds, as text, are their second: three trades and three quotes merge into five rows, 09:15:00.999 is 09:15:00, and a window begins up to a second early.
#
# Expected: timeDate("2026-01-05 09:15:00.700") is that time, or an error: as.POSIXct of R itself reads the fraction with %OS, and timeDate of a POSIXct keeps it.
# Seen: timeDate 4022.108 finds out the format of the texts by itself and takes %Y-%m-%d %H:%M:%S; what is behind the second is not read, and nothing is said. timeSeries 4021.105 makes its times, and those of window() and of indexing, by
#   it. merge() joins all rows of a second with all others: 10 ticks in a second are 100 rows. aggregate() by time has a row per second. With "T" instead of the blank the time is NA.
# Why it matters: files of ticks have such times, and readSeries() with its default format reads them so. Turnover after the merge is a multiple, more so the busier it was; the order inside of a second is that of the file,
#   until something sorts.
# Way to live with it: as.POSIXct(text, format = "%Y-%m-%d %H:%M:%OS", tz = "UTC") first, for series, windows and indices; format = with %OS for readSeries. In tests two ticks of one second, and nrow() after the merge.
# Versions: r-cran-timedate 4022.108-1, r-cran-timeseries 4021.105-2, R 4.2.2 (Debian 12). Source: whichFormat() knows no format with a fraction. Nothing found about it.
#
# Output seen (trades and quotes at .100, .700 and 1.200):
#                                     text    POSIXct
#   times                             2       3
#   rows of merge(trades, quotes)     5       3
#   rows of the window from .500 on   3       2
#   timeDate of 09:15:00.999          .000    .999
set -euo pipefail
Rscript -e 'stopifnot(packageVersion("timeDate") == "4022.108", packageVersion("timeSeries") == "4021.105")' >/dev/null 2>&1 \
  || { echo "needs Debian 12 and apt-get install r-base-core r-cran-timeseries, for timeDate 4022.108 and timeSeries 4021.105" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

cat > probe.R <<'PROBE'
Sys.setenv(TZ = "UTC")
suppressMessages(library(timeSeries))
text <- c("2026-01-05 09:15:00.100", "2026-01-05 09:15:00.700", "2026-01-05 09:15:01.200")
moment <- function(text) as.POSIXct(text, format = "%Y-%m-%d %H:%M:%OS", tz = "UTC")
seen <- c()
line <- function(name, of) {
  values <- c(of(identity), of(moment))
  cat(sprintf("%-33s %-7s %s\n", name, values[1], values[2]))
  seen <<- c(seen, paste(values, collapse = " "))
}
series <- function(values, name, as) timeSeries(values, as(text), units = name)
trades <- function(as) series(c(100.05, 100.10, 100.15), "Price", as)
cat(sprintf("%-33s %-7s %s\n", "", "text", "POSIXct"))
line("times", function(as) length(unique(trades(as)@positions)))
line("rows of merge(trades, quotes)", function(as) nrow(merge(trades(as), series(c(99, 100, 101), "Bid", as))))
line("rows of the window from .500 on", function(as) nrow(window(trades(as), as("2026-01-05 09:15:00.500"), as("2026-01-05 09:15:02.000"))))
line("timeDate of 09:15:00.999", function(as) sub("0", "", sprintf("%.3f", as.numeric(timeDate(as("2026-01-05 09:15:00.999"))@Data) %% 1)))
if (!identical(seen, c("2 3", "5 3", "3 2", ".000 .999"))) {
  message("not as described any more")
  quit(status = 1)
}
PROBE
timeout 60 Rscript --vanilla probe.R

#!/usr/bin/env bash
# nanotime: six ticks at six times are one group for aggregate(), and six empty ones for split(), tapply() and by(); a loop over the times gives 1.67e-190.
#
# Expected: "Full 64-bit resolution date and time functionality with nanosecond granularity [...], with easy transition to and from the standard POSIXct type" (its description): grouping by it
#   in R itself gives a group per time, as it does for POSIXct, or an error.
# Seen: nanotime 0.3.7 keeps integers of 64 bits in the bits of a double. unique(), duplicated(), match(), order() and merge() know it. split(), and tapply() and by(), which use it, make a factor
#   from the texts of the integers and look for them among doubles: the right names, each with 0 rows, sums of NA or 0. aggregate() compares the doubles: times of the
#   same five hours, and more, are the same to 15 digits, and all is one row with the time of the first and the sum of all. cut() says 1.67e-190, as for and sapply() do.
#   No warning.
# Why it matters: grouping ticks by their time is the first line of most reports. One row that has all the volume, with a time in the right format, is taken for "all at once"; sums of NA
#   and zeros are taken for a quiet day.
# Way to live with it: data.table, dt[, sum(volume), by = time], is right; or format(time) as the key. In tests two times that differ by a microsecond, and the number of
#   groups.
# Versions: r-cran-nanotime 0.3.7-1, r-cran-bit64 4.0.5, r-cran-data.table 1.14.8, R 4.2.2 (Debian 12). Seen from outside; the source was not read.
#
# Output seen (volumes 1 to 6 at six times from 09:15:00.000000100 to 09:15:00.005):
#                groups  volumes
#   POSIXct      6       1 2 3 4 5 6
#   data.table   6       1 2 3 4 5 6
#   aggregate()  1       21, at 2026-01-05T09:15:00.000000100+00:00
#   split()      6       0 0 0 0 0 0
#   tapply()     6       NA NA NA NA NA NA
#   for          6       the first time is 1.668769e-190
set -euo pipefail
Rscript -e 'stopifnot(packageVersion("nanotime") == "0.3.7", requireNamespace("data.table"))' >/dev/null 2>&1 \
  || { echo "needs Debian 12 and apt-get install r-base-core r-cran-nanotime r-cran-data.table, for nanotime 0.3.7" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

cat > probe.R <<'PROBE'
suppressMessages({
  library(nanotime)
  library(data.table)
})
Sys.setenv(TZ = "UTC")
fraction <- c(100, 150, 900, 100000, 100100, 5000000)
ticks <- data.frame(time = nanotime(sprintf("2026-01-05T09:15:00.%09dZ", fraction)), volume = 1:6)
seconds <- data.frame(time = as.POSIXct("2026-01-05 09:15:00", tz = "UTC") + 0:5, volume = 1:6)

right <- TRUE
row <- function(name, groups, volumes, expected, more = "") {
  text <- paste(volumes, collapse = " ")
  cat(sprintf("%-12s %-7d %s%s\n", name, groups, text, more))
  right <<- right && identical(paste(groups, text), expected)
}
cat(sprintf("%-12s %-7s %s\n", "", "groups", "volumes"))
of <- aggregate(volume ~ time, seconds, sum)
row("POSIXct", nrow(of), of$volume, "6 1 2 3 4 5 6")
of <- as.data.table(ticks)[, .(volume = sum(volume)), by = time]
row("data.table", nrow(of), of$volume, "6 1 2 3 4 5 6")
of <- aggregate(volume ~ time, ticks, sum)
row("aggregate()", nrow(of), of$volume, "1 21", paste0(", at ", format(of$time)))
of <- sapply(split(ticks$volume, ticks$time), sum)
row("split()", length(of), of, "6 0 0 0 0 0 0")
of <- tapply(ticks$volume, ticks$time, sum)
row("tapply()", length(of), of, "6 NA NA NA NA NA NA")
of <- c()
for (time in ticks$time) of <- c(of, time)
row("for", length(of), paste("the first time is", format(of[1])), "6 the first time is 1.668769e-190")
if (!right) {
  message("not as described any more")
  quit(status = 1)
}
PROBE
timeout 60 Rscript --vanilla probe.R

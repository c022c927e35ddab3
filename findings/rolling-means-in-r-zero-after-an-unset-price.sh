#!/usr/bin/env bash
# zoo, TTR, data.table (R): one price that is "not set", and the moving averages of the rest of the day are 0, 0 and 33.35; so is rollapply(x, 3, mean), and Bollinger bands stand at 0.
#
# Expected: a moving average of three depends on three prices. When a wrong one has left the window, all is as before. rollapply() applies the function to each window.
# Seen: rollmean() of zoo 1.8-11, SMA() of TTR 0.24.3 and frollmean() of data.table 1.14.8 keep a running sum. Next to 1.797e308, the largest double, prices are less than its last digit, and what is
#   left after it is subtracted is nothing: 0 for zoo and TTR, a third for data.table, for all windows that follow. rollapply(x, 3, mean) sees that it is a mean and calls rollmean(). BBands() has bands of no
#   width at 0, and %B is 10^15. An infinite price makes NaN of the rest in zoo and TTR. A price of 10^12 leaves errors in the sixth digit behind the point. RcppRoll, filter(), WMA() and frollmean(algo = "exact") are right.
# Why it matters: the largest double is what broker interfaces send for "no value", at the opening and in halts; ten digits of nine are another custom. One such tick, and averages that nobody would call
#   broken (0, a third) make signals until the next start. There is no warning, NA would have been harmless.
# Way to live with it: values above any price are NA at the door; algo = "exact", RcppRoll::roll_mean, or rollapply with function(x) mean(x). In tests a wrong tick, and the averages after it.
# Versions: r-cran-zoo 1.8-11, r-cran-ttr 0.24.3, r-cran-data.table 1.14.8 (Debian 12), R 4.2.2. ?frollmean says that "fast" can lose accuracy; that nothing is left, and that rollapply changes the
#   function, was not found.
#
# Output seen (100.05 all the time, one price of 1.797e308; the average of three when it has left the window, and ten ticks later):
#   zoo::rollmean               0       0
#   zoo::rollapply(x, 3, mean)  0       0
#   the same, function(x) mean  100.05  100.05
#   TTR::SMA                    0       0
#   TTR::BBands, upper          0       0
#   data.table::frollmean       33.35   33.35
#   frollmean, exact            100.05  100.05
#   stats::filter               100.05  100.05
set -euo pipefail
Rscript -e 'stopifnot(packageVersion("zoo") == "1.8.11", packageVersion("TTR") == "0.24.3", packageVersion("data.table") == "1.14.8")' >/dev/null 2>&1 \
  || { echo "needs Debian 12 and apt-get install r-base-core r-cran-ttr r-cran-data.table, for zoo 1.8-11, TTR 0.24.3 and data.table 1.14.8" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

cat > probe.R <<'PROBE'
x <- c(rep(100.05, 5), .Machine$double.xmax, rep(100.05, 15))
means <- list(
  "zoo::rollmean" = function() zoo::rollmean(x, 3, align = "right", fill = NA),
  "zoo::rollapply(x, 3, mean)" = function() zoo::rollapply(x, 3, mean, align = "right", fill = NA),
  "the same, function(x) mean" = function() zoo::rollapply(x, 3, function(x) mean(x), align = "right", fill = NA),
  "TTR::SMA" = function() TTR::SMA(x, 3),
  "TTR::BBands, upper" = function() TTR::BBands(x, 3)[, "up"],
  "data.table::frollmean" = function() data.table::frollmean(x, 3),
  "frollmean, exact" = function() data.table::frollmean(x, 3, algo = "exact"),
  "stats::filter" = function() stats::filter(x, rep(1 / 3, 3), sides = 1)
)
expected <- c(0, 0, 100.05, 0, 0, 33.35, 100.05, 100.05)
seen <- c()
for (name in names(means)) {
  of <- as.numeric(means[[name]]())
  cat(sprintf("%-27s %-7g %g\n", name, round(of[9], 6), round(of[19], 6)))
  seen <- c(seen, if (isTRUE(all.equal(of[9], of[19]))) of[9] else NA)
}
if (!isTRUE(all.equal(seen, expected, tolerance = 1e-6))) {
  message("not as described any more")
  quit(status = 1)
}
PROBE
timeout 60 Rscript --vanilla probe.R

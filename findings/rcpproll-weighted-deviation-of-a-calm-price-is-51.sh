#!/usr/bin/env bash
# RcppRoll: with weights the deviation of 100, 101, 102 is 51.5 and the highest of them 153; and with a missing price the median is another price, whatever na.rm says.
#
# Expected: weights: "a vector of length n, giving the weights for each element within a window": a weighted deviation is about that of the prices, and no highest price is above all prices. na.rm = TRUE: the median of
#   those that are there; without it NA, as for the mean.
# Seen: RcppRoll 0.3.0 multiplies each price by its weight, three times the share, and then takes the function of the products. For the mean and the sum that is right. roll_sd, roll_var, roll_min, roll_max and roll_prod are
#   those of numbers that are no prices, so that the deviation of a price that does not move is that of its weights. roll_median sorts the window with the NA in it and has no look at na.rm: the
#   larger of the two that are there, or the smaller, or NA, by where the gap is.
# Why it matters: a "volume-weighted volatility" is one argument away, and a price of 100 that rests has one of 50. A stop of two of those is below 0. One missing tick in a median filter for wrong ticks lets the wrong one through.
# Way to live with it: weights for roll_mean and roll_sum only; the median by zoo::rollapply with function(x) median(x, na.rm = TRUE). In tests equal prices with unequal weights, and a gap at each place.
# Versions: r-cran-rcpproll 0.3.0-2, r-cran-zoo 1.8-11, R 4.2.2 (Debian 12). Seen from outside; the source of 0.3.0 was not read. Nothing found about it.
#
# Output seen:
#   prices 100 101 102       no weights  weights 1, 2, 3
#   roll_mean                101         101.3
#   roll_sd                  1           51.5
#   roll_sd of 100 100 100   0           50
#   roll_max                 102         153
#   roll_min                 100         50
#   median of a window       RcppRoll    RcppRoll, na.rm  right
#   100 200 NA               200         200              150
#   100 NA 200               NA          NA               150
#   NA 100 200               100         100              150
set -euo pipefail
command -v dpkg-deb >/dev/null && Rscript -e 'library(Rcpp)' >/dev/null 2>&1 \
  || { echo "needs Debian 12 and apt-get install r-base-core r-cran-rcpp, for RcppRoll 0.3.0" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -qq r-cran-rcpproll=0.3.0-2 2>apt.log || { cat apt.log >&2; exit 1; }
dpkg-deb -x r-cran-rcpproll_*.deb .

cat > probe.R <<'PROBE'
library(RcppRoll, lib.loc = "usr/lib/R/site-library")
seen <- c()
line <- function(name, ...) {
  values <- as.character(signif(c(...), 4))
  values[is.na(values)] <- "NA"
  cat(trimws(sprintf("%-24s %-11s %-16s %s", name, values[1], values[2], if (length(values) > 2) values[3] else "")), "\n", sep = "")
  seen <<- c(seen, paste(values, collapse = " "))
}
prices <- 100:102
weights <- 1:3
cat(sprintf("%-24s %-11s %s\n", "prices 100 101 102", "no weights", "weights 1, 2, 3"))
line("roll_mean", roll_mean(prices, 3), roll_mean(prices, 3, weights = weights))
line("roll_sd", roll_sd(prices, 3), roll_sd(prices, 3, weights = weights))
line("roll_sd of 100 100 100", roll_sd(rep(100, 3), 3), roll_sd(rep(100, 3), 3, weights = weights))
line("roll_max", roll_max(prices, 3), roll_max(prices, 3, weights = weights))
line("roll_min", roll_min(prices, 3), roll_min(prices, 3, weights = weights))
cat(sprintf("%-24s %-11s %-16s %s\n", "median of a window", "RcppRoll", "RcppRoll, na.rm", "right"))
for (window in list(c(100, 200, NA), c(100, NA, 200), c(NA, 100, 200)))
  line(paste(window, collapse = " "), roll_median(window, 3), roll_median(window, 3, na.rm = TRUE), median(window, na.rm = TRUE))
expected <- c("101 101.3", "1 51.5", "0 50", "102 153", "100 50", "200 200 150", "NA NA 150", "100 100 150")
if (!identical(seen, expected)) {
  message("not as described any more")
  quit(status = 1)
}
PROBE
timeout 60 Rscript --vanilla probe.R

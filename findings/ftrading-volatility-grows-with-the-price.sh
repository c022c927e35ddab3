#!/usr/bin/env bash
# fTrading (R): the Garman-Klass volatility of a price ten times as high is ten times as high; averages know the third day on the first; Williams' %R is upside down; and a signal line has other lengths than asked.
#
# Expected: a volatility is a share: the same for a price in dollars and in cents, as TTR has it. An exponential average of three begins when there are three. Williams' %R is 0 at the top. cdoTA(x, 5, 10, 3) is macdTA(x, 5, 10)
#   less cdsTA(x, 5, 10, 3), as its page says: "MACD - SIG".
# Seen: garmanklassTA() of fTrading 3042.79 takes the logarithms of the prices, and then the prices themselves, for three of four terms. emaTA() begins with the mean of the first values, on the first day, and has no NA; so do all that
#   are made of it, MACD and Stochastics too. wprTA() is (close - low) / (high - low), 1 at the top and 0 at the bottom; a window of 5 has six days in wprTA, fpkTA and
#   rsiTA. cdoTA() hands on lag3 only, its signal line is always that of 12 and 26. chaikinoTA() is slow less fast.
# Why it matters: it is the trading package of Rmetrics; comparing instruments by such a volatility sorts them by price. A back test that buys at the first crossing has seen two days ahead.
# Way to live with it: TTR. In tests all prices times ten, and a spike on the third day.
# Versions: r-cran-ftrading 3042.79-3, r-cran-fbasics 4021.93-1, r-cran-ttr 0.24.3, R 4.2.2 (Debian 12). Source: R/TechnicalAnalysis.R of the package. Nothing found about it.
#
# Output seen:
#   garmanklassTA, and of ten times the price   0.7, 6.6
#   TTR::volatility, the same                   0.0065, 0.0065
#   emaTA(100 100 200 100 100, 3)               125 112.5 156.2 128.1 114.1
#   TTR::EMA                                    NA NA 133.3 116.7 108.3
#   wprTA, TTR::WPR at the top                  1, 0
#   cdoTA(x, 5, 10, 3), MACD - SIG              -0.07, 0.12
set -euo pipefail
command -v dpkg-deb >/dev/null && Rscript -e 'stopifnot(packageVersion("timeSeries") == "4021.105", packageVersion("TTR") == "0.24.3")' >/dev/null 2>&1 \
  || { echo "needs Debian 12 and apt-get install r-base-core r-cran-timeseries r-cran-ttr, for fTrading 3042.79" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -qq r-cran-ftrading=3042.79-3 r-cran-fbasics=4021.93-1 r-cran-gss r-cran-mass r-cran-spatial r-cran-stabledist 2>apt.log || { cat apt.log >&2; exit 1; }
for package in *.deb; do dpkg-deb -x "$package" .; done
export R_LIBS=$PWD/usr/lib/R/site-library:$PWD/usr/lib/R/library

cat > probe.R <<'PROBE'
suppressMessages(library(fTrading))
seen <- c()
line <- function(name, ..., by = ", ") {
  text <- paste(..., sep = by)
  cat(sprintf("%-43s %s\n", name, text))
  seen <<- c(seen, text)
}
set.seed(1)
open <- 100 + cumsum(rnorm(40))
close <- open + rnorm(40, 0, 0.5)
high <- pmax(open, close) + 0.3
low <- pmin(open, close) - 0.3
share <- function(factor) round(mean(garmanklassTA(factor * open, factor * high, factor * low, factor * close), na.rm = TRUE), 1)
line("garmanklassTA, and of ten times the price", share(1), share(10))
share <- function(factor) round(mean(TTR::volatility(factor * cbind(open, high, low, close), n = 10, calc = "garman.klass", N = 1), na.rm = TRUE), 4)
line("TTR::volatility, the same", share(1), share(10))
spike <- c(100, 100, 200, 100, 100)
line("emaTA(100 100 200 100 100, 3)", paste(round(emaTA(spike, 3), 1), collapse = " "))
line("TTR::EMA", paste(round(TTR::EMA(spike, 3), 1), collapse = " "))
rise <- 101:120
line("wprTA, TTR::WPR at the top", wprTA(rise, rise, rise - 1, lag = 5)[20], TTR::WPR(cbind(rise, rise - 1, rise), n = 5)[20])
line("cdoTA(x, 5, 10, 3), MACD - SIG", round(cdoTA(open, 5, 10, 3)[40], 2), round(macdTA(open, 5, 10)[40] - cdsTA(open, 5, 10, 3)[40], 2))
expected <- c("0.7, 6.6", "0.0065, 0.0065", "125 112.5 156.2 128.1 114.1", "NA NA 133.3 116.7 108.3", "1, 0", "-0.07, 0.12")
if (!identical(seen, expected)) {
  message("not as described any more")
  quit(status = 1)
}
PROBE
timeout 60 Rscript --vanilla probe.R

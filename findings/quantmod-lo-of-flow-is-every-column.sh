#!/usr/bin/env bash
# quantmod: Lo() of FLOW is all its columns, so that its range is another than that of AAPL with the same prices; Op() of OPEN, Hi() of HIGH and Cl() of CLOSE are that too.
#
# Expected: "Op, Hi, Lo, Cl extract the column", of data as getSymbols() gives it: the symbol, a point, the name. The same numbers under another symbol give the same answers.
# Seen: quantmod 0.4.20 looks for the words open, high, low, close and volume anywhere in the name, in any case: FLOW.Open, LOW.Open (Lowe's), GLOW.Close all have "low", OPEN.Close (Opendoor) has "open".
#   is.OHLC() is TRUE. HLC() of FLOW has seven columns instead of three, in the order high, open, high, low, ...: what takes the first three, such as ATR() of TTR, takes the open for the low and the high for
#   the close and says nothing. OHLC() has eight. OpCl() of OPEN and LoHi() of FLOW are errors.
# Why it matters: the scan over all symbols is right for all but a few, whose stop is at another distance. The columns are more, not fewer, so that checks for missing data do not see it.
# Way to live with it: colnames(x) <- c("Open", "High", "Low", "Close", "Volume", "Adjusted") after reading. In tests a symbol that has one of the words in it.
# Versions: r-cran-quantmod 0.4.20, r-cran-ttr 0.24.3, R 4.2.2 (Debian 12). Source: has.Op and the others, in R/OHLC.transformations.R of the project. Nothing found about FLOW or OPEN.
#
# Output seen (the same three bars each time):
#           Op  Hi  Lo  Cl  Vo  HLC  OHLC  ATR(HLC(x), 2)
#   AAPL    1   1   1   1   1   3    4     3.5
#   FLOW    1   1   5   1   1   7    8     2.5
#   LOW     1   1   5   1   1   7    8     2.5
#   OPEN    5   1   1   1   1   3    8     3.5
#   HIGH    1   5   1   1   1   7    8     2.5
#   CLOSE   1   1   1   5   1   7    8     4
#   VOLUME  1   1   1   1   5   3    4     3.5
set -euo pipefail
Rscript -e 'stopifnot(packageVersion("quantmod") == "0.4.20", packageVersion("TTR") == "0.24.3")' >/dev/null 2>&1 \
  || { echo "needs Debian 12 and apt-get install r-base-core r-cran-quantmod, for quantmod 0.4.20 and TTR 0.24.3" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

cat > probe.R <<'PROBE'
suppressMessages({
  library(quantmod)
  library(TTR)
})
bars <- rbind(c(10, 12, 9, 11, 1000), c(11, 14, 10, 13, 2000), c(13, 15, 12, 14, 1500))
line <- function(...) cat(sprintf("%-7s %-3s %-3s %-3s %-3s %-3s %-4s %-5s %s\n", ...))
line("", "Op", "Hi", "Lo", "Cl", "Vo", "HLC", "OHLC", "ATR(HLC(x), 2)")
seen <- c()
for (symbol in c("AAPL", "FLOW", "LOW", "OPEN", "HIGH", "CLOSE", "VOLUME")) {
  x <- xts(bars, as.Date("2026-01-05") + 0:2)
  colnames(x) <- paste0(symbol, c(".Open", ".High", ".Low", ".Close", ".Volume"))
  row <- c(sapply(list(Op, Hi, Lo, Cl, Vo, HLC, OHLC), function(columns) ncol(columns(x))), as.numeric(last(ATR(HLC(x), 2)[, "atr"])))
  do.call(line, as.list(c(symbol, row)))
  seen <- c(seen, paste(row, collapse = " "))
}
expected <- c("1 1 1 1 1 3 4 3.5", "1 1 5 1 1 7 8 2.5", "1 1 5 1 1 7 8 2.5", "5 1 1 1 1 3 8 3.5", "1 5 1 1 1 7 8 2.5", "1 1 1 5 1 7 8 4", "1 1 1 1 5 3 4 3.5")
if (!identical(seen, expected)) {
  message("not as described any more")
  quit(status = 1)
}
PROBE
timeout 60 Rscript --vanilla probe.R

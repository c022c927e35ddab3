#!/usr/bin/env bash
# TAP::Harness::JUnit: the same tests have other names in each run: "sees tick 3" is "sees tick 3 (2)" today and "sees tick 3 (3)" tomorrow, and it occurs once.
#
# Expected: a number is added "at the end of the test name if the test with the same name already exists in XML", says its source; a test that is alone with its name keeps it. The same files
#   give the same names.
# Seen: TAP::Harness::JUnit 0.42 has one list of names for all files, though each file is a suite and a class name of its own, and one counter that is never set back: from the first name
#   that two files share on, each test of each file that follows has the number, whatever it is called. The files are taken in the order of a Perl hash, which is another one in each
#   process, not in the order in which they ran.
# Why it matters: "connects" and "closes" are in every file. CI knows a test by class and name: its history, "failing since", quarantines of flaky tests and lists of known failures
#   find nothing, or the wrong thing, in about every second run; a test that fails for a week is new each day.
# Way to live with it: PERL_HASH_SEED=0 for prove gives one order; the name of the file in each description; or TAP::Formatter::JUnit, which numbers by position. In the pipeline run twice and compare the
#   names.
# Versions: libtap-harness-junit-perl 0.42-3, libxml-simple-perl 2.25-2 (Debian 12, Perl 5.36). Source: uniquename and runtests in JUnit.pm. Nothing found about it.
#
# Output seen (three files, each with "connects", a name of its own, and "closes"; hash seeds 1 and 2):
#   feed.t    seed 1  connects (2), sees tick 3 (2), closes (2)   seed 2  connects, sees tick 3, closes
#   book.t    seed 1  connects, has two levels, closes            seed 2  connects (3), has two levels (3), closes (3)
#   orders.t  seed 1  connects (3), fills once (3), closes (3)    seed 2  connects (2), fills once (2), closes (2)
#   ten runs without a seed: more than one set of names
set -euo pipefail
command -v dpkg-deb >/dev/null || { echo "needs Debian 12, for libtap-harness-junit-perl 0.42" >&2; exit 1; }
perl -MXML::SAX -e 1 2>/dev/null || perl -MXML::Parser -e 1 2>/dev/null || { echo "needs apt-get install libxml-simple-perl" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -qq libtap-harness-junit-perl=0.42-3 libxml-simple-perl=2.25-2 2>apt.log || { cat apt.log >&2; exit 1; }
for package in *.deb; do dpkg-deb -x "$package" .; done
export PERL5LIB=$PWD/usr/share/perl5 PERL_PERTURB_KEYS=2

for file in "feed:sees tick 3" "book:has two levels" "orders:fills once"; do
  printf 'use Test::More tests => 3;\npass("connects");\npass("%s");\npass("closes");\n' "${file#*:}" >"${file%%:*}.t"
done
names() { # file
  sed -nE 's/.*<testcase name=" *([^"]*)" classname="'"$1"'_t".*/\1/p' junit_output.xml | paste -sd, | sed 's/,/, /g'
}
run() {
  prove --harness TAP::Harness::JUnit feed.t book.t orders.t >prove.log 2>&1 || { cat prove.log >&2; exit 1; }
}
for seed in 1 2; do
  PERL_HASH_SEED=$seed run
  for file in feed book orders; do printf -v "${file}_$seed" '%s' "$(names $file)"; done
done
for file in feed book orders; do
  first=${file}_1 second=${file}_2
  printf '%-9s seed 1  %-43s seed 2  %s\n' "$file.t" "${!first}" "${!second}"
done
for _ in 1 2 3 4 5 6 7 8 9 10; do
  run
  echo "$(names feed); $(names book); $(names orders)"
done | sort | uniq >sets.txt
sets=$(wc -l <sets.txt)
if ((sets > 1)); then echo "ten runs without a seed: more than one set of names"; fi
# which file is first depends on the build of Perl: what counts is that the names are not the same, and that a name that is there once has a number
if [[ "$feed_1$book_1$orders_1" == "$feed_2$book_2$orders_2" ]] || ((sets < 2)) || [[ "$feed_1$book_1$orders_1" != *"("[23]")"* ]]; then
  echo "not as described any more" >&2
  exit 1
fi

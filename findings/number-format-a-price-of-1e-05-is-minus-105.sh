#!/usr/bin/env bash
# Number::Format (Perl): reading 1e-05 gives -105, 7.1e-07 gives -7.107, a volume of 2.5M is 2621440; written, a small price is 7.1e-07000.
#
# Expected: unformat_number() "converts a string as returned by format_number() into a numeric value": what is no such string is undef, as "$" is. M is a million. format_price(0.00000071, 8) has eight decimals.
# Seen: Number::Format 1.75 throws away all that is no digit and no point, and makes the number negative if a "-" is anywhere in the text, though its page says: before the digits; the one of an exponent as well, or of a date. K, M and G at the
#   end are 1024, 1024^2 and 1024^3 unless base => 1000 is given, k is thrown away. Prices below 0.0001 become text with an exponent and are cut in two at the point: zeros are put behind the exponent.
# Why it matters: numbers of small coins come as 1e-05 from most programs; -105 goes into the book as a price, and as a loss into the report. Vendors write turnovers as 2.5M: each is 4.9 % too large, G 7.4 %. 7.1e-07000 is
#   zero for who reads it as a number.
# Way to live with it: a look with looks_like_number() first, and no unformat_number for those; sprintf "%.8f" for small prices. In tests a price below 0.0001 in both directions.
# Versions: libnumber-format-perl 1.75-3 (Debian 12), Perl 5.36. Source: unformat_number and format_number in Number/Format.pm. Nothing found about exponents.
#
# Output seen:
#   unformat_number  1e-05       -105
#   unformat_number  7.1e-07     -7.107
#   unformat_number  1.5e3       1.53
#   unformat_number  2.5M        2621440
#   unformat_number  1,234.50    1234.5
#   format_price     0.00000071  USD 7.1e-07000
#   format_number    0.00000071  7.1e-07
set -euo pipefail
command -v dpkg-deb >/dev/null || { echo "needs Debian 12, for libnumber-format-perl 1.75" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -qq libnumber-format-perl=1.75-3 2>apt.log || { cat apt.log >&2; exit 1; }
dpkg-deb -x libnumber-format-perl_*.deb .
export PERL5LIB=$PWD/usr/share/perl5

cat > probe.pl <<'PROBE'
use strict;
use warnings;
use Number::Format;

my $format = Number::Format->new;
my $right = 1;
for (
    ["unformat_number", "1e-05", "-105"], ["unformat_number", "7.1e-07", "-7.107"], ["unformat_number", "1.5e3", "1.53"],
    ["unformat_number", "2.5M", "2621440"], ["unformat_number", "1,234.50", "1234.5"], ["format_price", "0.00000071", "USD 7.1e-07000"],
    ["format_number", "0.00000071", "7.1e-07"],
) {
    my ($method, $text, $expected) = @$_;
    my $seen = $format->$method($method eq "unformat_number" ? $text : ($text + 0, 8));
    printf "%-16s %-11s %s\n", $method, $text, $seen;
    $right &&= $seen eq $expected;
}
if (!$right) {
    print STDERR "not as described any more\n";
    exit 1;
}
PROBE
timeout 30 perl probe.pl

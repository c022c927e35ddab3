#!/usr/bin/env bash
# Symfony RateLimiter: 2 orders per 2 seconds, and of eight that reserve six are told the same moment.
#
# Expected: reserve() takes a place in the future and says how long to wait, so that the limit holds: with 2 per 2 seconds the third and fourth wait 2 s, the next two 4 s. The token
#   bucket of the same package does so.
# Seen: the policy fixed_window of symfony/rate-limiter 5.4.53 answers each reservation that does not fit with the end of the current window, whatever is reserved
#   there already: six of eight wait the same 2 s. And the next window begins at 0: of four that were reserved two go in it, and two more are let through with them. Nothing is
#   refused, and wait() returns on time.
# Why it matters: the limit is there for an exchange or a broker that answers 429, or blocks for a while. A burst is moved to the second when the window opens, and is a burst there. With
#   consume(), which refuses, the numbers are right; so are tests with fewer reservations than two windows hold.
# Way to live with it: policy token_bucket where reserve() or wait() is used; fixed_window with consume() only. In tests reserve more than two windows' worth and look at the last.
# Versions: php-symfony-rate-limiter 5.4.53+dfsg-0+deb12u1, PHP 8.2 (Debian 12). Source: calculateTimeForTokens in Policy/Window.php.
#
# Output seen (seconds that eight reservations have to wait):
#   fixed_window  0 0 2 2 2 2 2 2
#   token_bucket  0 0 2 2 4 4 6 6
#   four reserved, a window later two more are let through: yes
set -euo pipefail
command -v dpkg-deb >/dev/null || { echo "needs Debian 12, for php-symfony-rate-limiter 5.4.53" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -qq php-symfony-rate-limiter=5.4.53+dfsg-0+deb12u1 php-symfony-lock php-symfony-options-resolver php8.2-cli libsodium23 libargon2-1 2>apt.log || { cat apt.log >&2; exit 1; }
for package in *.deb; do dpkg-deb -x "$package" .; done
LD_LIBRARY_PATH=$(dirname "$(find "$PWD" -name 'libsodium.so.23' | head -1)")
export LD_LIBRARY_PATH

cat > probe.php <<'PROBE'
<?php
spl_autoload_register(function ($class) {
    $file = __DIR__ . "/usr/share/php/" . strtr($class, "\\", "/") . ".php";
    if (is_file($file)) require $file;
});
use Symfony\Component\RateLimiter\Policy\FixedWindowLimiter;
use Symfony\Component\RateLimiter\Policy\Rate;
use Symfony\Component\RateLimiter\Policy\TokenBucketLimiter;
use Symfony\Component\RateLimiter\Storage\InMemoryStorage;

$two = new DateInterval("PT2S");
$seen = [];
foreach ([
    "fixed_window" => new FixedWindowLimiter("orders", 2, $two, new InMemoryStorage()),
    "token_bucket" => new TokenBucketLimiter("orders", 2, new Rate($two, 2), new InMemoryStorage()),
] as $name => $limiter) {
    $waits = [];
    for ($i = 0; $i < 8; $i++) $waits[] = round($limiter->reserve(1)->getWaitDuration());
    $seen[$name] = implode(" ", $waits);
    printf("%-13s %s\n", $name, $seen[$name]);
}
$limiter = new FixedWindowLimiter("orders", 2, $two, new InMemoryStorage());
$start = microtime(true);
$times = [];
for ($i = 0; $i < 4; $i++) $limiter->reserve(1);
usleep(2100000);
$after = 0;
while ($limiter->consume(1)->isAccepted()) $after++;
printf("four reserved, a window later two more are let through: %s\n", $after === 2 ? "yes" : $after);
if ($after !== 2 || $seen !== ["fixed_window" => "0 0 2 2 2 2 2 2", "token_bucket" => "0 0 2 2 4 4 6 6"]) { fwrite(STDERR, "not as described any more\n"); exit(1); }
PROBE
timeout 30 usr/bin/php8.2 -n probe.php

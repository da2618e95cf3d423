#!/usr/bin/env bash
# Builds the Debian package, and installs, upgrades, removes and purges it in a Debian of its own, a folder.
#
#   tests/package.sh [PROFILE]      PROFILE is `dev` (default; takes what `cargo build` built) or `release`
#
# Needs root (for the chroot), debootstrap, lintian, dpkg-dev and cargo-deb. There is no systemd in a chroot, so what
# needs one that runs is not tried here: that units start at boot, that sockets stay open, what is sandboxed.
set -euo pipefail
cd "$(dirname "$0")/.."

profile=${1:-dev}
folder=$PWD/target/package
tools=$PWD/target/package-tools
cache=$PWD/target/package-root.tar
built=target/$([[ $profile = dev ]] && echo debug || echo "$profile")
work=$(mktemp -d)
root=$work/root
daemon=

say() { echo "--- package: $*"; }
fail() { echo "package.sh: $*" >&2; exit 1; }
trap 'status=$?; [[ -z $daemon ]] || kill "$daemon" 2>/dev/null || true; rm -rf --one-file-system "$work"; exit $status' EXIT

[[ $(id -u) = 0 ]] || fail 'needs root, for the chroot'
export PATH=$PATH:$tools/bin
command -v cargo-deb >/dev/null || {
    say 'installing cargo-deb'
    CARGO_TARGET_DIR=$work/cargo-deb cargo install --quiet --locked --debug cargo-deb --root "$tools"
}

say 'building'
cargo build --quiet --locked --profile "$profile"
rm -rf "$folder"
"$built/ticketledger" package-files "$folder"
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -1)
grep -q "^ticketledger ($version-" systemd/debian/changelog || fail "systemd/debian/changelog does not begin with $version"
pack() { cargo deb --quiet --no-build --fast --profile "$profile" --deb-version "$1" --output "$2"; }
pack "$version-1" "$work/first.deb"
pack "$version-2" "$work/second.deb"

say 'lintian'
# A debug build is as large as it is; all else must be clean.
lintian --fail-on error,warning --suppress-tags unstripped-binary-or-object "$work/first.deb"

if ! unshare --mount --pid --fork --mount-proc true 2>/dev/null; then
    say 'NOT INSTALLED: this machine allows no namespaces, so there is no Debian to install it into'
    exit
fi

say 'a Debian to install it into'
if [[ ! -e $cache ]]; then
    # In a mount namespace of its own, so that nothing stays mounted.
    unshare --mount --pid --fork --mount-proc \
        debootstrap --variant=minbase --include=adduser,systemd "$(. /etc/os-release; echo "$VERSION_CODENAME")" "$root" \
        "${DEBIAN_MIRROR:-http://deb.debian.org/debian}" >"$work/debootstrap.log" || { tail "$work/debootstrap.log"; exit 1; }
    tar -C "$root" -cf "$cache.part" . && mv "$cache.part" "$cache"
else
    mkdir -p "$root" && tar -C "$root" -xf "$cache"
fi

in_root() { env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive HOME=/ chroot "$root" "$@"; }
installs() { cp "$1" "$root/package.deb" && in_root dpkg --install /package.deb; }
mode() { in_root stat --format '%a %U %G' "$1"; }
expect() { [[ $1 = "$2" ]] || fail "expected $2, got $1 ($3)"; }

say 'installing'
installs "$work/first.deb" 2>&1 | tee "$work/install.log"
grep -q 'does not run yet' "$work/install.log" || fail 'a fresh installation must say what is to be done'
expect "$(mode /var/lib/ticketledger)" '700 ticketledger ticketledger' 'state folder'
expect "$(mode /etc/ticketledger/secrets)" '750 root ticketledger' 'secrets'
expect "$(mode /etc/ticketledger/ticketledger.toml)" '644 root root' 'settings'
in_root dpkg --verify ticketledger
in_root test -s /usr/share/man/man1/ticketledger-ledger-close.1.gz
in_root bash -c '. /usr/share/bash-completion/completions/ticketledger && complete -p ticketledger' >/dev/null
systemd-analyze verify --recursive-errors=no --root="$root" "$root"/usr/lib/systemd/system/ticketledger*
enabled() { in_root test -L /etc/systemd/system/multi-user.target.wants/ticketledger.service; }
! enabled || fail 'without a source it could only fail at every boot'
user=$(sed -n 's/^User=//p' "$root/usr/lib/systemd/system/ticketledger.service")
expect "${user:-ticketledger}" ticketledger 'user of the unit'
start=$(sed -n 's/^ExecStart=//p' "$root/usr/lib/systemd/system/ticketledger.service")
ticketledger() {
    in_root setpriv --reuid ticketledger --regid ticketledger --clear-groups \
        ticketledger --config /etc/ticketledger/ticketledger.toml "$@"
}
ticketledger config check 2>"$work/empty.log" && fail 'settings without a source must be refused'
grep -q 'add a \[\[sources\]\] table' "$work/empty.log" || fail "what is missing is not said: $(cat "$work/empty.log")"

say 'settings: one source, with its secret in a file'
settings=$root/etc/ticketledger/ticketledger.toml
sed -i 's/127.0.0.1:8080/127.0.0.1:18480/; s/127.0.0.1:8081/127.0.0.1:18481/; /oauth_clients = /d' "$settings"
awk '/^#\[\[sources\]\]$/ { sources++ } sources == 1 && /^#[^ ]/ { sub(/^#/, "") } 1' \
    "$settings" >"$work/settings" && cat "$work/settings" >"$settings"
echo hook-secret >"$root/etc/ticketledger/secrets/museum-hook"
chown root:"$(in_root id -g ticketledger)" "$root/etc/ticketledger/secrets/museum-hook"
chmod 0640 "$root/etc/ticketledger/secrets/museum-hook"
ticketledger config check
in_root systemctl enable ticketledger.service

http() { # METHOD PORT PATH [BODY-FILE]
    local body=/dev/null
    [[ $# -lt 4 ]] || body=$4
    exec 5<>"/dev/tcp/127.0.0.1/$2"
    printf '%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: %d\r\n\r\n' "$1" "$3" \
        "$(stat -Lc %s "$body")" >&5
    cat "$body" >&5
    cat <&5
    exec 5>&-
}
# Waits until the daemon says something in its log. Only one that hangs says nothing for two minutes.
says() {
    local line
    while IFS= read -r -t 120 -u 6 line; do
        echo "$line" >>"$work/daemon.log"
        [[ $line != *"$1"* ]] || return 0
    done
    return 1
}
# As the unit starts it: its user, its folder, its line. The service manager's own part is not here.
starts() {
    rm -f "$work/daemon.pipe" "$work/daemon.log"
    mkfifo "$work/daemon.pipe"
    # shellcheck disable=SC2086 # the line of the unit is words
    env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin TICKETLEDGER_LOG=info,ticketledger::worker=debug \
        chroot --userspec=ticketledger:ticketledger "$root" /bin/sh -c \
        "cd /var/lib/ticketledger && umask 0077 && exec $start" 2>"$work/daemon.pipe" &
    daemon=$!
    exec 6<"$work/daemon.pipe"
    says ready || fail "the daemon did not start: $(cat "$work/daemon.log")"
}
stops() {
    local ended=0
    kill "$daemon"
    wait "$daemon" || ended=$?
    cat <&6 >>"$work/daemon.log"
    exec 6<&-
    [[ $ended = 0 ]] || fail "the daemon ended badly: $(cat "$work/daemon.log")"
    daemon=
}

say 'a delivery'
starts
http POST 18480 /webhooks/museum/hook-secret tests/fixtures/bookingkit/paid_order.json | grep -q '"accepted"'
says 'attempts ended' || fail "nothing is settled: $(cat "$work/daemon.log")"
ticketledger inbox stats --format csv | grep -q '^museum,done' || fail 'the order is not settled'
before=$(ticketledger report trial-balance --format csv)
grep -q 'income:tickets' <<<"$before" || fail "nothing is booked: $before"
stops

say 'an upgrade keeps books and settings'
sum=$(sha256sum "$settings" | cut -d' ' -f1)
installs "$work/second.deb"
expect "$(in_root dpkg-query --show --showformat '${Version}' ticketledger)" "$version-2" 'version'
expect "$(sha256sum "$settings" | cut -d' ' -f1)" "$sum" 'settings'
enabled || fail 'what was enabled stays so'
starts
expect "$(ticketledger report trial-balance --format csv)" "$before" 'books after the upgrade'
ticketledger ledger verify
stops

say 'a removal keeps them, an installation goes on with them'
in_root dpkg --remove ticketledger
in_root test -s /var/lib/ticketledger/ticketledger.db -a -s /etc/ticketledger/ticketledger.toml
installs "$work/second.deb"
expect "$(ticketledger report trial-balance --format csv)" "$before" 'books after a removal'

say 'a purge keeps the books unless somebody says otherwise'
in_root dpkg --purge ticketledger
in_root test -s /var/lib/ticketledger/ticketledger.db
in_root test ! -e /etc/ticketledger/ticketledger.toml
installs "$work/second.deb" >/dev/null
in_root sh -c 'echo ticketledger ticketledger/purge-books boolean true | debconf-set-selections'
in_root dpkg --purge ticketledger
in_root test ! -e /var/lib/ticketledger || fail 'who says yes wants the books deleted'
in_root test ! -e /etc/ticketledger || fail 'a folder is left'
say 'all good'

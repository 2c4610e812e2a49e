#!/bin/sh
# Installs what the tests need: packages of Debian by name, and cargo-deny. Quick when all of it is
# there; fails loudly, naming the package, when one cannot be had. A missing counterpart is a failed
# test run, never a skipped one.
set -eu

# Unoptimised it is built in a third of the time and still checks in three seconds, and while the
# packages come.
building=''
command -v cargo-deny >/dev/null 2>&1 || {
    cargo install --locked --quiet --debug cargo-deny --version 0.20.2 &
    building=$!
}

# program:package, one a line
needed='
sipp:sip-tester
baresip:baresip
linphonec:linphone-cli
kamailio:kamailio
svmap:sipvicious
openssl:openssl
espeak-ng:espeak-ng
sox:sox
tshark:tshark
taskset:util-linux
unshare:util-linux
mount:mount
ip:iproute2
chromium:chromium
pdftotext:poppler-utils
iconv:libc-bin
smsd:smstools
gammu-smsd:gammu-smsd
socat:socat
node:nodejs
bearerbox:kannel
npm:npm
dovecot:dovecot-imapd
postfix:postfix
'

missing=''
for pair in $needed; do
    program=${pair%%:*}
    package=${pair#*:}
    command -v "$program" >/dev/null 2>&1 || missing="$missing $package"
done
# What has no program of its own: file:package, one a line
while IFS=: read -r file package; do
    [ -e "$file" ] || missing="$missing $package"
done <<'FILES'
/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc:fonts-noto-cjk
/usr/lib/python3/dist-packages/openpyxl:python3-openpyxl
/usr/lib/dovecot/pop3:dovecot-pop3d
/usr/lib/dovecot/lmtp:dovecot-lmtpd
FILES

install_packages() {
    DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

install_missing() {
    as_root=''
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null 2>&1 || {
            echo "tests/install.sh: these packages are missing and need root:$missing" >&2
            exit 1
        }
        as_root='sudo'
    fi

    # Package lists may be absent in a fresh container; an update that fails shows in the install.
    $as_root apt-get update -qq || echo "tests/install.sh: apt-get update failed, going on" >&2
    # All at once; one by one only to name the one that cannot be had.
    # shellcheck disable=SC2086
    install_packages $missing || for package in $missing; do
        install_packages "$package" || {
            echo "tests/install.sh: cannot install the Debian package $package" >&2
            exit 1
        }
    done

    # These come as services, which take ports, modems and mails; the tests start their own. Of Dovecot it is the
    # core that brings it.
    for service in kamailio smstools gammu-smsd postfix dovecot kannel; do
        case "$missing " in
        *" $service"[\ -]*) stop_service "$service" ;;
        esac
    done
}

stop_service() {
    if [ -d /run/systemd/system ]; then
        $as_root systemctl disable --quiet --now "$1"
    elif [ -x "/etc/init.d/$1" ]; then
        $as_root "/etc/init.d/$1" stop >/dev/null 2>&1 || true
    fi
}

[ -z "$missing" ] || install_missing
[ -z "$building" ] || wait "$building"

# The gateway of texts of tests/channels, pinned with what it needs by its lock file.
smsc=$(cd "$(dirname "$0")/.." && pwd)/target/smsc
mkdir -p "$smsc"
cmp -s "$(dirname "$0")/channels/carrier/smsc/package-lock.json" "$smsc/package-lock.json" && [ -d "$smsc/node_modules/smpp" ] || {
    cp "$(dirname "$0")"/channels/carrier/smsc/package*.json "$smsc"
    (cd "$smsc" && npm ci --silent --ignore-scripts --no-audit --no-fund) || {
        echo "tests/install.sh: cannot install the npm package smpp" >&2
        exit 1
    }
}

for pair in $needed; do
    program=${pair%%:*}
    command -v "$program" >/dev/null 2>&1 || {
        echo "tests/install.sh: $program is still missing after installing ${pair#*:}" >&2
        exit 1
    }
done

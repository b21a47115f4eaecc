#!/usr/bin/env bash
# The units of systemd: that it understands them, and how much a daemon that was taken over could still do,
# as systemd-analyze counts it: tests/check_units.sh BUILD_FOLDER.
set -euo pipefail
cd "$(dirname "$0")/.."

build=$(realpath "${1:-build/asan}")
declare -A exposure_max=(
	[hubbub-hub.service]=0.4
	[hubbub-gateway@8001.service]=1.1
)

command -v systemd-analyze >/dev/null || { echo 'check_units: systemd-analyze is missing; install systemd'; exit 1; }
units=$(mktemp -d)
trap 'rm -rf "$units"' EXIT
# The folder of the build may have a blank in its name, the units' commands must not.
ln -s "$build/bin" "$units/bin"
for unit in deploy/systemd/*.{service.in,socket,target}; do
	sed -e "s|@SBINDIR@|$units/bin|; s|@SYSCONFDIR@|/etc|" "$unit" >"$units/$(basename "${unit%.in}")"
done
# An instance is what a template is judged by.
for kind in service socket; do
	cp "$units/hubbub-gateway@.$kind" "$units/hubbub-gateway@8001.$kind"
done

failures=0
complain() {
	printf '%s\n' "$1"
	failures=$((failures + 1))
}

# The sockets' modes and groups are systemd's to know; manuals that are not installed yet are nobody's fault.
said=$(SYSTEMD_UNIT_PATH=$units: systemd-analyze verify --man=no "$units"/hubbub{.target,-hub.service,-hub.socket} \
	"$units"/hubbub-{hub-admin.socket,gateway@8001.service,gateway@8001.socket} 2>&1) || complain 'systemd-analyze verify failed'
[[ -z $said ]] || complain "$said"

for unit in "${!exposure_max[@]}"; do
	said=$(systemd-analyze security --offline=yes --no-pager "$units/$unit" | grep -o 'Overall.*') || true
	exposure=$(grep -oE '[0-9]+\.[0-9]+' <<<"$said") || { complain "$unit: systemd-analyze says no exposure"; continue; }
	awk -v is="$exposure" -v max="${exposure_max[$unit]}" 'BEGIN { exit !(is <= max) }' ||
		complain "$unit: its exposure is $exposure, at most ${exposure_max[$unit]}"
	printf '%s: exposure %s\n' "$unit" "$exposure"
done

((failures == 0)) || exit 1
echo 'systemd understands the units'

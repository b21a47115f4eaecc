#!/usr/bin/env bash
# What cmake --install puts where: tests/check_install.sh BUILD_FOLDER. Nothing is installed for real.
set -euo pipefail
cd "$(dirname "$0")/.."

build=${1:-build/asan}
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
mkdir "$stage/top"

if ! cmake --install "$build" --prefix "$stage/top" >"$stage/log" 2>&1; then
	cat "$stage/log"
	exit 1
fi
mapfile -t installed < <(cd "$stage/top" && find . -type f -printf '%P\n' | LC_ALL=C sort)

failures=0
for file in sbin/hubbub-hub sbin/hubbub-gateway bin/hubctl bin/hubbub-chat bin/hubbub-replay libexec/hubbub/hubbub-supervisor \
	lib/systemd/system/hubbub{.target,-hub.service,-hub.socket,-hub-admin.socket,-gateway@.service,-gateway@.socket} \
	lib/{sysusers,tmpfiles}.d/hubbub.conf etc/hubbub/hubbub.conf.sample share/hubbub/{haproxy/hubbub.cfg,nginx/hubbub.conf} share/man/man1/{hubctl,hubbub-chat,hubbub-replay}.1 share/man/man5/hubbub.conf.5 \
	share/bash-completion/completions/{hubctl,hubbub-hub,hubbub-gateway,hubbub-replay,hubbub-chat} \
	share/doc/hubbub/{LICENSE,README.md,CHANGELOG.md,CONTRIBUTING.md,SECURITY.md,docs/architecture.md}; do
	if [[ ! -f $stage/top/$file ]]; then
		echo "$file is not installed"
		failures=$((failures + 1))
	fi
done
for file in "${installed[@]}"; do
	if [[ ! $file =~ ^(s?bin|libexec/hubbub|etc/hubbub|share/man/man[158]|share/(doc/)?hubbub|share/bash-completion/completions|lib/systemd/system|lib/(sysusers|tmpfiles)\.d)/ ]]; then
		echo "$file is in a place of its own"
		failures=$((failures + 1))
	fi
done

# The units start what is installed beside them.
for daemon in hub gateway@; do
	if ! grep -qF "ExecStart=$stage/top/sbin/hubbub-${daemon%@} " "$stage/top/lib/systemd/system/hubbub-$daemon.service"; then
		echo "hubbub-$daemon.service does not start $stage/top/sbin/hubbub-${daemon%@}"
		failures=$((failures + 1))
	fi
done

# The supervisor finds the daemons of an installed tree: what it complains of is the next thing.
said=$("$stage/top/libexec/hubbub/hubbub-supervisor" --state /proc/none 2>&1 || true)
if [[ $said != *'state folder'* ]]; then
	echo "the installed supervisor does not find the installed daemons: $said"
	failures=$((failures + 1))
fi

((failures == 0)) || exit 1
echo "all ${#installed[@]} files are installed in their places"

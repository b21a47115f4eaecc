#!/usr/bin/env bash
# Makes the Debian packages out of a release build and looks into them: tests/check_package.sh [BUILD_FOLDER]
# Installs nothing; tests/install_deb does.
set -euo pipefail
cd "$(dirname "$0")/.."
export LC_ALL=C

build=${1:-build/release}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0
complain() {
	printf '%s\n' "$*"
	failures=$((failures + 1))
}

if ! deploy/package --build-folder "$build" --output "$work/packages" >"$work/log" 2>&1; then
	cat "$work/log"
	exit 1
fi
version=$(sed -nE 's/^project\(hubbub VERSION ([0-9.]+).*/\1/p' CMakeLists.txt)-1
architecture=$(dpkg --print-architecture)
packages=(hubbub hubbub-client hubbub-dbgsym hubbub-client-dbgsym)
for package in "${packages[@]}"; do
	file=$work/packages/${package}_${version}_$architecture.deb
	if [[ ! -f $file ]]; then
		complain "$package is not made: there is $(ls "$work/packages")"
		exit 1
	fi
	dpkg-deb -R "$file" "$work/$package"
	dpkg-deb -c "$file" >"$work/$package.list"
done
[[ $(find "$work/packages" -type f | wc -l) == "${#packages[@]}" ]] || complain "there are others: $(ls "$work/packages")"
[[ $(dpkg-parsechangelog -l deploy/debian/changelog -S Version) == "$version" ]] ||
	complain "deploy/debian/changelog is not about $version"

# What Debian's own checker says: neither an error nor a warning that is not overridden with a reason. What is
# overridden for all packages has no place in those of symbols.
lintian --tag-display-limit 0 --suppress-tags bogus-mail-host --fail-on error,warning "$work"/packages/*.deb >"$work/lintian" 2>&1 ||
	complain "lintian: $(cat "$work/lintian")"

# contains PACKAGE FILE
contains() {
	[[ -f $work/$1/$2 ]] || complain "$1 has no /$2"
}
owner() {
	if [[ $1 == hubbub-chat* ]]; then echo hubbub-client; else echo hubbub; fi
}
mapfile -t programs < <(sed -nE 's/^hubbub_program\(([a-z-]+).*/\1/p' ./*/CMakeLists.txt)
((${#programs[@]} >= 6)) || complain "only ${#programs[@]} programs were found in the build"
for program in "${programs[@]}"; do
	found=$(find "$work/$(owner "$program")/usr" -type f -name "$program" -perm 755 \( -path '*/bin/*' -o -path '*/sbin/*' -o -path '*/libexec/*' \))
	if [[ -z $found ]]; then
		complain "$program is in no package"
		continue
	fi
	ldd "$found" | grep -F 'not found' && complain "$program lacks a library"
	headers=$(readelf -hldW "$found" 2>/dev/null)
	for sign in 'DYN (Position' GNU_RELRO BIND_NOW; do
		[[ $headers == *"$sign"* ]] || complain "$program is not hardened: $sign"
	done
	[[ $headers != *'RWE'* ]] || complain "$program has a stack that can be executed"
	symbols=$(readelf -sW --dyn-syms "$found")
	for sign in __stack_chk_fail _chk@; do
		[[ $symbols == *"$sign"* ]] || complain "$program is not hardened: $sign"
	done
	[[ $(file -b "$found") == *', stripped' ]] || complain "$program has its symbols"
	# gdb looks for them by the build's id.
	id=$(readelf -n "$found" | sed -nE 's/.*Build ID: //p')
	symbols=usr/lib/debug/.build-id/${id:0:2}/${id:2}.debug
	contains "$(owner "$program")-dbgsym" "$symbols"
	readelf -SW "$work/$(owner "$program")-dbgsym/$symbols" 2>/dev/null | grep -qF .debug_info || complain "no symbols of $program"
	grep -qF "$PWD" "$found" && complain "$program contains the path of its source"
done
for page in docs/man/*; do
	name=${page##*/}
	contains "$(owner "$name")" "usr/share/man/man${name##*.}/$name.gz"
done
shopt -s nullglob
for unit in deploy/systemd/*.{service.in,socket,target}; do
	name=${unit##*/}
	contains hubbub "usr/lib/systemd/system/${name%.in}"
	if grep -E '@[A-Z]+@' "$work/hubbub/usr/lib/systemd/system/${name%.in}"; then
		complain "$name was not filled in"
	fi
done
for kind in sysusers tmpfiles; do
	[[ ! -e deploy/systemd/$kind.conf ]] || contains hubbub "usr/lib/$kind.d/hubbub.conf"
done
for example in deploy/{haproxy,nginx,grafana}/*; do
	contains hubbub "usr/share/hubbub/${example#deploy/}"
done
for completion in hubctl hubbub-hub hubbub-gateway hubbub-replay hubbub-chat; do
	contains "$(owner "$completion")" "usr/share/bash-completion/completions/$completion"
done
for package in hubbub hubbub-client; do
	contains "$package" "usr/share/doc/$package/copyright"
	contains "$package" "usr/share/doc/$package/changelog.Debian.gz"
	(cd "$work/$package" && md5sum --quiet -c DEBIAN/md5sums) || complain "$package: wrong sums"
	[[ $(wc -l <"$work/$package/DEBIAN/md5sums") == "$(find "$work/$package" -path "$work/$package/DEBIAN" -prune -o -type f -print | wc -l)" ]] ||
		complain "$package: not every file has a sum"
done
[[ $(dpkg-deb -f "$work/packages/hubbub_${version}_$architecture.deb" Depends) == *libwebsockets-evlib-uv* ]] ||
	complain 'hubbub does not ask for libwebsockets-evlib-uv'

# Owners and modes, as dpkg will make them.
strange=$(grep -hvE '^(drwxr-xr-x|-rwxr-xr-x|-rw-r--r--|lrwxrwxrwx) root/root ' "$work"/*.list || true)
[[ -z $strange ]] || complain "owner or mode of: $strange"
strange=$(grep -hE '^-rwx' "$work"/*.list | grep -vE ' \./usr/(s?bin|libexec/hubbub)/[a-z-]+$' || true)
[[ -z $strange ]] || complain "no program: $strange"

# Whoever changes a file in /etc keeps it.
configuration=$(cd "$work/hubbub" && find etc -type f -printf '/%p\n' | sort)
[[ $configuration == "$(sort "$work/hubbub/DEBIAN/conffiles")" ]] || complain "conffiles are not: $configuration"
for role in hub gateway; do
	"$build/bin/hubbub-$role" --config "$work/hubbub/etc/hubbub/hubbub.conf" --check-config >"$work/log" 2>&1 ||
		complain "hubbub-$role: $(cat "$work/log")"
done

for script in postinst prerm postrm; do
	file=$work/hubbub/DEBIAN/$script
	sh -n "$file" || complain "$script is no shell script"
	[[ -x $file && $(head -n 1 "$file") == '#!/bin/sh' ]] || complain "$script is no program"
	if sh "$file" nonsense 2>/dev/null; then
		complain "$script takes anything"
	fi
done

((failures == 0)) || exit 1
echo "the packages have ${#programs[@]} programs and all that belongs to them"

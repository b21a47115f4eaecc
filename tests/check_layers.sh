#!/usr/bin/env bash
# The include rules: which folder may know which, and which one module may know a third-party library.
set -euo pipefail
cd "$(dirname "$0")/.."

failures=0
complain() {
	printf '%s\n' "$1"
	failures=$((failures + 1))
}

# includes FOLDER: "file<TAB>header" for every quoted include below it.
quoted() {
	find "$1" -name '*.[ch]' -print0 2>/dev/null | sort -z |
		xargs -0 -r grep -HoE '^[[:space:]]*#[[:space:]]*include[[:space:]]+"[^"]+"' |
		sed -E 's/^([^:]+):[^"]*"([^"]+)"/\1\t\2/'
}

angled() {
	find "$@" -name '*.[ch]' -print0 2>/dev/null | sort -z |
		xargs -0 -r grep -HoE '^[[:space:]]*#[[:space:]]*include[[:space:]]+<[^>]+>' |
		sed -E 's/^([^:]+):[^<]*<([^>]+)>/\1\t\2/'
}

# Folder rules: gateway -> common <- hub, client -> common, and nothing sideways.
declare -A may_include=(
	[common]='^common/'
	[gateway]='^(common|gateway)/'
	[hub]='^(common|hub)/'
	[client]='^(common|client)/'
	[deploy]='^(common|deploy)/'
	[tests]='^(common|gateway|hub|client|deploy|tests)/'
)
for folder in common gateway hub client deploy tests; do
	while IFS=$'\t' read -r file header; do
		# A helper beside a test goes by its bare name.
		if [[ $folder == tests && $header != */* ]]; then
			header=$(dirname "$file")/$header
		fi
		if [[ ! $header =~ ${may_include[$folder]} ]]; then
			complain "$file includes \"$header\": $folder/ may not (names start at the source root)"
		elif [[ ! -e $header ]]; then
			complain "$file includes \"$header\", which does not exist"
		fi
	done < <(quoted "$folder")
done

# A dialect translates; it knows its contract and common/, nothing else.
while IFS=$'\t' read -r file header; do
	allowed='gateway/dialect\.h|common/.*'
	# The one dialect of several files has a header of its own.
	[[ $file =~ ^gateway/dialect_native(_[a-z]+)?\.c$ ]] && allowed+='|gateway/dialect_native\.h'
	if [[ $file =~ ^gateway/dialect_.*\.c$ && ! $header =~ ^($allowed)$ ]]; then
		complain "$file includes \"$header\": a dialect includes gateway/dialect.h and common/ only"
	elif [[ $header == gateway/dialect_native.h && ! $file =~ ^gateway/dialect_native ]]; then
		complain "$file includes \"$header\", which is private to the dialect"
	fi
done < <(quoted gateway)

# Third-party headers: the module (a pattern of paths without .c or .h) that may include each.
declare -A owner=(
	['^libwebsockets\.h$']='(gateway/websocket(_[a-z]+)?|client/connection)'
	['^histedit\.h$']='client/line'
	['^uv\.h$']='gateway/loop'
	['^msgpack']='common/envelope'
	['^jansson\.h$']='common/json'
	['^ini\.h$']='common/config_read'
	['^utf8proc\.h$']='common/names'
	['^sqlite3\.h$']='hub/store_sqlite(_[a-z]+)?'
	['^jwt\.h$']='common/jwt'
	['^openssl/']='(common/(digest|pem_key)|gateway/tls)'
	['^systemd/']='common/service'
)
# The event loop is the exception: these modules drive it.
event_users='^(gateway/(main|gateway|loop|listener(_[a-z]+)?)|hub/(main|hub|gateways|process_watch|admin|admin_socket|admin_visit|hubctl[a-z_]*)'
event_users+='|common/(link_socket|service_watch|status_http))$'
# What the C library and the kernel offer needs no owner, and neither do the list and table macros.
c_library='assert|ctype|dirent|endian|errno|fcntl|getopt|grp|inttypes|limits|locale|malloc|math|netdb|poll|pthread|pwd|regex|sched'
c_library+='|signal|stdarg|stdatomic|stdbool|stddef|stdint|stdio|stdlib|string|strings|time|unistd|wchar|wctype'
ours_to_use="^(($c_library|uthash|utlist|utarray|utstring)\\.h|(sys|netinet|arpa|net|linux)/.*)\$"

while IFS=$'\t' read -r file header; do
	module=${file%.[ch]}
	known=no
	for pattern in "${!owner[@]}"; do
		if [[ $header =~ $pattern ]]; then
			known=yes
			[[ $module =~ ^${owner[$pattern]}$ ]] ||
				complain "$file includes <$header>: only ${owner[$pattern]} owns that library"
		fi
	done
	if [[ $header =~ ^event2/ ]]; then
		known=yes
		[[ $module =~ $event_users ]] ||
			complain "$file includes <$header>: only the modules that drive the event loop may"
	fi
	if [[ $known == no && ! $header =~ $ours_to_use ]]; then
		complain "$file includes <$header>: no module owns that library; say who in tests/check_layers.sh"
	fi
done < <(angled common gateway hub client deploy)

if ((failures > 0)); then
	printf '%d include rule(s) broken\n' "$failures"
	exit 1
fi
printf 'the include rules hold\n'

#!/usr/bin/env bash
# The size budgets: what does not fit on a few screens is not understood, so it is split.
set -euo pipefail
cd "$(dirname "$0")/.."

max_source=500
max_header=200
good_header=120
max_function=60
max_columns=100

failures=0
complain() {
	printf '%s\n' "$1"
	failures=$((failures + 1))
}

command -v ctags >/dev/null || { echo 'check_sizes: ctags is missing; install universal-ctags'; exit 1; }

mapfile -t files < <(find common gateway hub client deploy tests -name '*.[ch]' | LC_ALL=C sort)
while read -r lines columns file; do
	case $file in
	*.c)
		((lines <= max_source)) || complain "$file: $lines lines, at most $max_source"
		;;
	*.h)
		if ((lines > max_header)); then
			complain "$file: $lines lines, at most $max_header"
		elif ((lines > good_header)); then
			printf 'warning: %s: %d lines, a header should have at most %d\n' "$file" "$lines" "$good_header"
		fi
		;;
	esac
	((columns <= max_columns)) || complain "$file: a line of $columns columns, at most $max_columns"
done < <(printf '%s\0' "${files[@]}" | LC_ALL=C.UTF-8 wc -lL --files0-from=- | sed '$d')

while IFS= read -r line; do
	complain "$line"
done < <(printf '%s\n' "${files[@]}" |
	ctags -L - --languages=C --langmap=C:.c.h --kinds-C=f --fields=+ne -f - |
	awk -F'\t' -v max="$max_function" '{
		first = last = 0
		for (i = 4; i <= NF; i++) {
			if ($i ~ /^line:/) first = substr($i, 6)
			if ($i ~ /^end:/) last = substr($i, 5)
		}
		if (last - first + 1 > max)
			printf "%s: %s() has %d lines, at most %d\n", $2, $1, last - first + 1, max
	}')

if ((failures > 0)); then
	printf '%d size budget(s) exceeded\n' "$failures"
	exit 1
fi
printf 'the size budgets hold for %d files\n' "${#files[@]}"

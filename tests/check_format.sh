#!/usr/bin/env bash
# Every C file is as clang-format would write it. With --fix the files are rewritten.
set -euo pipefail
cd "$(dirname "$0")/.."

command -v clang-format >/dev/null || { echo 'check_format: clang-format is missing'; exit 1; }

mapfile -t files < <(find common gateway hub client deploy tests -name '*.[ch]' | LC_ALL=C sort)
if [[ ${1:-} == --fix ]]; then
	clang-format -i "${files[@]}"
	exit
fi

# Mostly all is well, and one process for many files says so in a fraction of the time.
if printf '%s\0' "${files[@]}" | xargs -0 -n 50 -P "$(nproc)" clang-format --dry-run --Werror 2>/dev/null; then
	echo "all ${#files[@]} files are formatted"
	exit
fi

failures=0
for file in "${files[@]}"; do
	if ! clang-format "$file" | diff -u --label "$file" --label "$file as it should be" "$file" - |
		head -n 20; then
		failures=$((failures + 1))
	fi
done
if ((failures > 0)); then
	echo "$failures file(s) are not formatted: run tests/check_format.sh --fix"
	exit 1
fi

#!/usr/bin/env bash
# clang-tidy over everything that a build folder compiles, or what of it is in these folders:
# tests/check_tidy.sh [BUILD_FOLDER [FOLDER...]]. Everything takes some minutes; the tests are nearly half of it.
set -euo pipefail
cd "$(dirname "$0")/.."

build=${1:-build/asan}
folders=("${@:2}")
((${#folders[@]} > 0)) || folders=(common gateway hub client deploy tests)
command -v clang-tidy >/dev/null || { echo 'check_tidy: clang-tidy is missing'; exit 1; }
[[ -f $build/compile_commands.json ]] || { echo "check_tidy: configure $build first"; exit 1; }

log=$(mktemp)
trap 'rm -f "$log"' EXIT

# Only files of the tree: what the build generates is not ours to tidy.
mapfile -t files < <(find "${folders[@]}" -name '*.c' | LC_ALL=C sort |
	while IFS= read -r file; do
		if grep -qF "/$file\"" "$build/compile_commands.json"; then printf '%s\n' "$file"; fi
	done)
((${#files[@]} > 0)) || { echo "check_tidy: $build compiles none of our files"; exit 1; }

# clang-tidy counts the warnings of system headers that it hides; those lines say nothing.
if ! printf '%s\0' "${files[@]}" |
	xargs -0 -P "$(nproc)" -n 1 clang-tidy --quiet -p "$build" --extra-arg=-Wno-unknown-warning-option \
		>"$log" 2>/dev/null; then
	cat "$log"
	echo 'clang-tidy has something to say'
	exit 1
fi
echo "clang-tidy is content with ${#files[@]} files"

#!/usr/bin/env bash
# docs/simulator.md shows the deliberate bugs as the program PROGRAM has them: check_table.sh PROGRAM
set -euo pipefail

page=$(dirname "$(dirname "$(dirname "$(readlink -f "$0")")")")/docs/simulator.md
if ! diff -u --label "$page" --label "$1 --bugs" \
	<(sed -n '/^| bug | what it breaks/,/^$/p' "$page" | sed '/^$/d') <("$1" --bugs); then
	echo 'docs/simulator.md has another table: take the program'"'"'s'
	exit 1
fi
echo 'the table of deliberate bugs is up to date'

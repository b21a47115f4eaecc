#!/usr/bin/env bash
# Words that do not belong in a finished tree: promises of later work, and folders of somebody's machine.
set -euo pipefail
cd "$(dirname "$0")/.."

# Spelt so that this file does not contain them.
promises='\b(TO''DO|FIX''ME|X''XX)\b'
machine='/(ho''me|Us''ers)/[A-Za-z0-9]|/ro''ot/[a-z.]'

failed=no
search() {
	if grep -rnIE --exclude-dir=.git --exclude-dir=build --exclude-dir=__pycache__ \
		--exclude-dir=.pytest_cache --exclude-dir=corpus -e "$1" .; then
		printf '^ %s\n\n' "$2"
		failed=yes
	fi
}

search "$promises" 'do it, or describe it where work is planned'
search "$machine" 'a path of one machine'

[[ $failed == no ]] || exit 1
echo 'no stray words'

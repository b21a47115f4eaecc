#!/usr/bin/env bash
# The manuals of hubctl and hubbub-chat have every command as the grammar has it, and no other;
# likewise their options.
set -euo pipefail
cd "$(dirname "$0")/.."

manual=docs/man/hubctl.1
failures=0

# compare WHAT WANTED DESCRIBED: two lists, one entry per line.
compare() {
	[[ -n $2 ]] || { echo "no $1 found where they are defined"; failures=$((failures + 1)); }
	while IFS= read -r line; do
		echo "$manual: $1 ${line/#</is missing:}"
		failures=$((failures + 1))
	done < <(diff <(LC_ALL=C sort <<<"$2") <(LC_ALL=C sort <<<"$3") | grep '^[<>]' |
		sed 's/^>/is no more:/' || true)
}

# options_of FILE: the names in its table.
options_of() {
	sed -n '/ own_options\[\] = {/,/^};/p' "$1" | grep -oE '"--[a-z-]+"' | tr -d '"' || true
}

compare commands \
	"$(sed -nE 's/^[[:space:]]+X\([A-Z_]+, +"([^"]*)".*/\1/p' hub/admin_commands.h)" \
	"$(sed -nE '/^\.Sh COMMANDS/,/^\.Sh OPTIONS/s/^\.It Li "(.*)"$/\1/p' "$manual")"

compare options \
	"$(options_of hub/hubctl_options.c)" \
	"$(sed -nE '/^\.Sh OPTIONS/,/^\.Sh ENVIRONMENT/s/^\.It Fl (-[a-z]+).*/-\1/p' "$manual")"

manual=docs/man/hubbub-chat.1
compare commands \
	"$(sed -nE 's/^[[:space:]]+\{ "[a-z]+", TYPED_[A-Z]+, [A-Z_]+, "([^"]*)",.*/\1/p' client/typed.c)" \
	"$(sed -nE '/^\.Sh COMMANDS/,/^\.Sh OPTIONS/s/^\.It Li "(\/.*)"$/\1/p' "$manual")"

compare options \
	"$(options_of client/options.c)" \
	"$(sed -nE '/^\.Sh OPTIONS/,/^\.Sh JSON/s/^\.It Fl (-[a-z-]+).*/-\1/p' "$manual")"

((failures == 0)) || exit 1
echo 'the manuals of hubctl and hubbub-chat follow their grammars'

#!/usr/bin/env bash
# What bash offers behind some beginnings of lines: tests/check_completion.sh BUILD_FOLDER
# The hub, the gateway and the people that are offered are real.
set -euo pipefail
cd "$(dirname "$0")/.."

bin=$(readlink -f "${1:-build/asan}")/bin
work=$(mktemp -d)
processes=()
end() {
	((${#processes[@]} == 0)) || kill "${processes[@]}" 2>/dev/null || true
	wait
	rm -rf "$work"
}
trap end EXIT
export PATH=$bin:$PATH HUBBUB_ADMIN_SOCKET=$work/none.sock
# Completion functions are called by shells that have none of these.
set +euo pipefail
source deploy/completion/hubctl
source deploy/completion/programs

failures=0
# offers LINE [WORD...]: completing the end of the line offers exactly these, in any order. As readline does, "="
# is made a word of its own.
offers() {
	local line=$1 function got wanted
	shift
	mapfile -t COMP_WORDS < <(sed -E "s/=/\n=\n/g; s/ ('[^']*|(\\\\.|[^ ])*)/\n\1/g" <<<"$line" | grep -v '^$')
	[[ $line != *' ' ]] || COMP_WORDS+=('')
	COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
	COMPREPLY=()
	function=$(complete -p "${COMP_WORDS[0]}" | sed -E 's/.*-F ([a-z_]+).*/\1/')
	"$function" "${COMP_WORDS[0]}" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}" 2>"$work/errors"
	got=$(printf '%s\n' "${COMPREPLY[@]}" | sort)
	wanted=$(printf '%s\n' "$@" | sort)
	if [[ $got != "$wanted" || -s $work/errors ]]; then
		printf '"%s" offers:\n%s\ninstead of:\n%s\n' "$line" "$got" "$wanted"
		cat "$work/errors"
		failures=$((failures + 1))
	fi
}
await() {
	for _ in {1..300}; do
		if "$@" >/dev/null 2>&1; then return 0; fi
		sleep 0.1
	done
	echo "it did not come about: $*"
	cat "$work"/*.log
	exit 1
}

# Every command of the table, by its first word. Each name stands between quotes, before its arguments.
mapfile -t names < <(sed -nE 's/.*X\([A-Z_]+, *"([a-z -]*[a-z]).*/\1/p' hub/admin_commands.h)
((${#names[@]} >= 20)) || failures=1
mapfile -t first < <(printf '%s\n' "${names[@]}" | cut -d ' ' -f 1 | sort -u)
mapfile -t of_store < <(printf '%s\n' "${names[@]}" | sed -n 's/^store //p')
offers 'hubctl ' "${first[@]}"
offers 'hubctl store ' "${of_store[@]}"
offers 'hubctl ga' gateways
offers 'hubctl nonsense '
offers 'hubctl --socket /x --json room cr' create
offers 'hubctl room create --r' --read
offers 'hubctl room create x --read e' everyone
offers 'hubctl drain --t' --timeout --tsv
offers 'hubctl log-level w' warn
offers 'hubctl drain --o' --over
offers 'hubctl say -- --'
# Without a hub there is nothing to offer, and nothing is said of it.
offers 'hubctl drain '
offers "hubctl store restore $work/e" "$work/errors"

mapfile -t long < <(hubbub-hub --help | grep -oE -- '--[a-z-]+ ' | tr -d ' ' | sort -u)
offers 'hubbub-hub --' "${long[@]}"
offers 'hubbub-gateway --check' --check-config
offers "hubbub-gateway -c $work/e" "$work/errors"
offers "hubbub-hub --config=$work/e" "$work/errors"
offers 'hubbub-hub --set store.du' store.durability=
offers 'hubbub-hub --set listener.chat.ad' listener.chat.address=
offers 'hubbub-chat --color ' auto always never
offers 'hubbub-chat --dia' --dialect
offers "hubbub-replay --print $work/e" "$work/errors"

# Live: a user whose name a shell would obey, one with a blank, and a room.
export HUBBUB_ADMIN_SOCKET=$work/admin.sock
hubbub-hub --set "hub.socket=$work/hub.sock" --set "hub.admin_socket=$work/admin.sock" \
	--set store.durability=memory --set "store.path=$work/store.db" >"$work/hub.log" 2>&1 &
processes+=($!)
hubbub-gateway --set "gateway.hub_socket=$work/hub.sock" --set gateway.name=gw-complete \
	--set listener.chat.address=127.0.0.1:0 >"$work/gateway.log" 2>&1 &
processes+=($!)
await grep -q listening "$work/gateway.log"
await hubctl status
address=$(grep listening "$work/gateway.log" | grep -oE '127\.0\.0\.1:[0-9]+')
mkfifo "$work/silence"
for name in 'ana b' "x\$(touch $work/obeyed)"; do
	hubbub-chat --name "$name" "ws://$address/ws" <"$work/silence" >"$work/${name:0:1}.log" 2>&1 &
	processes+=($!)
done
exec 7>"$work/silence"
online() {
	[[ $(hubctl users --tsv | grep -c gw-complete) == 2 ]]
}
await online
hubctl room create lounge >/dev/null

offers 'hubctl drain ' gw-complete
offers 'hubctl history lo' lobby lounge
offers 'hubctl users --room lou' lounge
offers 'hubctl users --room=lou' lounge
offers "hubctl --socket $work/none.sock drain "
offers 'hubctl kick an' 'ana\ b'
offers "hubctl kick 'an" 'ana b'
offers 'hubctl kick "x'
offers 'hubctl kick x' "$(printf %q "x\$(touch $work/obeyed)")"
eval ": ${COMPREPLY[0]}"
if [[ -e $work/obeyed ]]; then
	echo 'a name was obeyed'
	failures=$((failures + 1))
fi
((failures == 0)) || exit 1
echo "completion offers what there is: ${#names[@]} commands, ${#long[@]} options of the hub"

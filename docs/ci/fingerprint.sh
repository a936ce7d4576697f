#!/usr/bin/env bash
# What the GitHub action of this repository runs, and any other CI may. In: DIR and OUT, and if wanted EXCLUDE (a pattern a line), URL, BASE,
# STRICT=true. Out: the new folder, a warning or an error at the line of every reference that leads to no file, and the outputs
# `renamed` and `unresolved` where GitHub reads them. Needs `landing` and `jq`.
set -euo pipefail

arguments=(fingerprint "$DIR" --out "$OUT" --json)
while IFS= read -r pattern; do
    [ -z "$pattern" ] || arguments+=(--exclude "$pattern")
done <<<"${EXCLUDE:-}"
[ -z "${URL:-}" ] || arguments+=(--url "$URL")
[ -z "${BASE:-}" ] || arguments+=(--base "$BASE")
[ "${STRICT:-false}" != true ] || arguments+=(--strict)

status=0
said=$(landing "${arguments[@]}") || status=$?

# https://docs.github.com/actions/reference/workflow-commands-for-github-actions: what would end a property or a message is written in percent.
jq -r --arg dir "$DIR" '
    def told: gsub("%"; "%25") | gsub("\r"; "%0D") | gsub("\n"; "%0A");
    def property: told | gsub(":"; "%3A") | gsub(","; "%2C");
    select(.event == "warning" or .event == "error")
    | (if .place then " file=\("\($dir)/\(.place.file)" | property),line=\(.place.line // 1)" else "" end) as $place
    | "::\(.event)\($place)::\(.message + (if .hint then "; \(.hint)" else "" end) | told)"' <<<"$said"

if [ "$status" -eq 0 ] && [ -n "${GITHUB_OUTPUT:-}" ]; then
    jq -r 'select(.event == "done") | "renamed=\(.renamed | tojson)", "unresolved=\(.unresolved | length)"' <<<"$said" >>"$GITHUB_OUTPUT"
fi
exit "$status"

#!/bin/bash
# All scenarios of one role, or only the one named SCENARIO, quietly: one line if they pass, the whole log if they do not.
set -eu
role=$1
log=results/molecule/$role.log
mkdir -p results/molecule
start=$SECONDS
scenarios=(--all)
[ -z "${SCENARIO:-}" ] || scenarios=(--scenario-name "$SCENARIO")
if (cd "roles/$role" && molecule test "${scenarios[@]}") > "$log" 2>&1; then
  echo "molecule $role: passed in $((SECONDS - start)) s: $(grep -hoE '[0-9]+ passed' "$log" | paste -sd, | sed 's/,/, /g')"
else
  cat "$log"
  echo "molecule $role: FAILED after $((SECONDS - start)) s"
  exit 255
fi

#!/usr/bin/env bash
# Checks the format of every source, and runs clang-tidy over some:
#   scripts/lint.sh            the sources changed since the last commit
#   scripts/lint.sh FILE...    these
#   scripts/lint.sh --all      all of them (minutes)
# LOCI_LINT_BASE names another commit than HEAD to count changes from. `clang-format -i FILE...` mends the format.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/setup.sh --lint
is_source() { [[ $1 == *.[ch]pp && $1 != */fixtures/* && -f $1 ]]; }
only_sources() { while IFS= read -r file; do if is_source "$file"; then echo "$file"; fi; done; }

mapfile -t all < <(git ls-files --cached --others --exclude-standard | sort -u | only_sources)
if [ "$#" -eq 0 ]; then
  base=${LOCI_LINT_BASE:-HEAD}
  mapfile -t chosen < <({ git diff --name-only "$base"; git ls-files --others --exclude-standard; } | sort -u | only_sources)
elif [ "$*" = --all ]; then
  chosen=("${all[@]}")
else
  chosen=("$@")
fi

echo "lint: format of ${#all[@]} sources"
failed=0
clang-format --dry-run -Werror "${all[@]}" || failed=1

if [ "${#chosen[@]}" -eq 0 ]; then
  echo "lint: no source changed; name files or use --all for clang-tidy"
  exit "$failed"
fi
cmake --preset release >/dev/null
echo "lint: clang-tidy over ${#chosen[@]} sources"
printf '%s\n' "${chosen[@]}" | xargs -P "$(nproc)" -n 1 clang-tidy --quiet -p build/release || failed=1
exit "$failed"

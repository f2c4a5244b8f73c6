# npm packages of the folders that have a lockfile. Sourced by scripts/setup.

provide_packages() { # folder below the root
  local folder=$root/$1 stamp installed
  [ -f "$folder/package-lock.json" ] || return 0
  # Some packages choose a binary by Node version and platform.
  stamp="$(git hash-object "$folder/package.json" "$folder/package-lock.json" | tr '\n' ' ')$(node --version) $(uname -sm)"
  installed=$(cat "$folder/node_modules/.installed-for" 2>/dev/null || true)
  [ "$stamp" != "$installed" ] || return 0
  must "npm packages of $1" "npm-$1" npm ci --prefix "$folder" --no-audit --no-fund --prefer-offline
  printf '%s\n' "$stamp" >"$folder/node_modules/.installed-for"
}

# npm packages of the folders that have a lockfile. Sourced by scripts/setup.

provide_packages() { # folder below the root
  local folder=$root/$1 stamp installed
  [ -f "$folder/package-lock.json" ] || return 0
  # Some packages choose a binary by Node version and platform.
  stamp="$(git hash-object "$folder/package.json" "$folder/package-lock.json" | tr '\n' ' ')$(node --version) $(uname -sm)"
  installed=$(cat "$folder/node_modules/.installed-for" 2>/dev/null || true)
  [ "$stamp" != "$installed" ] || return 0
  must "npm packages of $1" "npm-${1//\//-}" npm_install "$folder"
  printf '%s\n' "$stamp" >"$folder/node_modules/.installed-for"
}

npm_install() { # folder
  local quiet=(--no-audit --no-fund --prefer-offline)
  cd "$1" || return
  npm ci "${quiet[@]}" && return
  # A lockfile made behind a mirror lacks the optional packages of platforms that the mirror lacks, and npm ci refuses it.
  # This installs the locked versions too, and leaves the lockfile alone; a test holds the lockfiles to the package.json files.
  npm install --no-save "${quiet[@]}"
}

# The Rust toolchain and its targets: rustup's where it can be had, else Debian's with std built here. Sourced by scripts/setup.

wasm_target=wasm32-unknown-unknown
# Neither std nor an operating system, nor 64-bit atomics: whatever compiles for it is sans-I/O.
bare_metal_target=thumbv7em-none-eabi
toolchain=

provide_rust() { # sets toolchain to one that has all of targets
  local active debian previous=
  active=$(rustup show active-toolchain 2>/dev/null | cut -d' ' -f1)
  debian=$(rustup toolchain list 2>/dev/null | sed -n 's/^\(debian-[0-9.]*\).*/\1/p' | tail -n 1)
  # The groups need not find the same: without this they would take turns, and rebuild everything each time.
  [ -n "${RUSTUP_TOOLCHAIN:-}" ] || previous=$(sed -n 's/^export RUSTUP_TOOLCHAIN=//p' "$root/.setup/env" 2>/dev/null || true)
  for toolchain in "$previous" "$active" "$debian"; do
    [ -n "$toolchain" ] && has_targets && has_lints && return
  done
  toolchain=$active
  if [ -n "$active" ] && [[ $active != debian-* ]]; then
    long_step "rustup: ${targets[*]} for $active" rustup-target add_by_rustup && has_targets && has_lints && return
    printf '  …  rustup cannot get them here; taking Debian'\''s Rust\n'
  fi
  provide_debian_rust
}

has_targets() {
  local target
  for target in "${targets[@]}"; do
    has_target "$target" || return 1
  done
}

has_target() {
  local libraries
  libraries=$(RUSTUP_TOOLCHAIN=$toolchain rustc --print target-libdir --target "$1" 2>/dev/null) || return 1
  compgen -G "$libraries/libcore-*.rlib" >/dev/null || return 1
  # A compiler links only what was built for it, and Debian's may have been upgraded since.
  [[ $toolchain != debian-* ]] || [ "$(cat "$libraries/built-for" 2>/dev/null)" = "$(/usr/bin/rustc -vV)" ]
}

has_lints() {
  ! wants check test || { RUSTUP_TOOLCHAIN=$toolchain cargo clippy --version && RUSTUP_TOOLCHAIN=$toolchain cargo fmt --version; } >/dev/null 2>&1
}

add_by_rustup() {
  # Behind a firewall that drops packets rustup would try for many minutes.
  local limit=(env)
  if command -v timeout >/dev/null; then limit=(timeout 120); fi
  "${limit[@]}" rustup target add --toolchain "$toolchain" "${targets[@]}" || return
  has_lints || "${limit[@]}" rustup component add --toolchain "$toolchain" clippy rustfmt
}

provide_debian_rust() {
  local packages=(rustc-web cargo-web rust-web-src rust-web-llvm lld-22 rustfmt-web rust-web-clippy) package
  for package in "${packages[@]}"; do
    if ! dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q '^install ok installed'; then
      apt_install "Debian's Rust with std's source" "${packages[@]}"
      break
    fi
  done
  toolchain=debian-$(/usr/bin/rustc --version | cut -d' ' -f2)
  rustup toolchain link "$toolchain" /usr
  local target
  for target in "${targets[@]}"; do
    has_target "$target" && continue
    must "Rust's standard library for $target (about 1 min)" "std-$target" build_std "$target"
  done
}

build_std() { # target: builds std, or core and alloc where there is no std, into Debian's sysroot
  local target=$1 crates=core,alloc work=$cache/build/std-$1 libraries new owner=()
  [ "$target" != "$wasm_target" ] || crates=std,panic_abort,panic_unwind,test,proc_macro
  libraries=$(/usr/bin/rustc --print target-libdir --target "$target")
  new=$work/lib
  rm -rf "$new"
  mkdir -p "$work/src" "$new"
  printf '#![no_std]\n' >"$work/src/lib.rs"
  printf '[package]\nname = "shell"\nversion = "0.0.0"\nedition = "2024"\n[workspace]\n[profile.release]\ncodegen-units = 1\n' >"$work/Cargo.toml"
  (
    unset CARGO_TARGET_DIR CARGO_BUILD_TARGET CARGO_ENCODED_RUSTFLAGS RUSTUP_TOOLCHAIN RUSTC_WRAPPER
    cd "$work"
    # Fat LTO needs the bitcode; unmapped paths would end up in the panic messages of what we publish.
    export RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1
    export RUSTFLAGS="-Cembed-bitcode=yes --remap-path-prefix=$(/usr/bin/rustc --print sysroot)/lib/rustlib/src/rust=/rustc/std --remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo"
    /usr/bin/cargo build --release --target "$target" "-Zbuild-std=$crates"
  ) || return
  cp "$work/target/$target/release/deps/"*.rlib "$new" || return
  rm -f "$new"/libshell-*.rlib
  /usr/bin/rustc -vV >"$new/built-for" || return
  [ "$(id -u)" -eq 0 ] || owner=(sudo)
  "${owner[@]}" rm -rf "$libraries"
  "${owner[@]}" mkdir -p "${libraries%/lib}"
  "${owner[@]}" cp -r "$new" "$libraries.new" && "${owner[@]}" mv "$libraries.new" "$libraries" && rm -rf "$work"
}

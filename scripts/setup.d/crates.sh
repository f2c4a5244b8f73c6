# Command line tools from crates.io, one folder a version. Sourced by scripts/setup.

provide_crate() { # crate, version, argument of cargo install…
  local crate=$1 version=$2 home=$cache/tools/$1-$2
  shift 2
  [ -d "$home" ] || must "$crate $version (1 to 3 min)" "$crate" install_crate "$crate" "$version" "$home" "$@"
}

install_crate() { # crate, version, folder, argument…
  local crate=$1 version=$2 home=$3 work=$cache/build/$1-$2
  shift 3
  (
    unset CARGO_BUILD_TARGET CARGO_ENCODED_RUSTFLAGS RUSTFLAGS
    # An unoptimised build is twice as quick to make, and half a second slower to run. Without --locked: lock files name crates that some
    # registry mirrors no longer have.
    export CARGO_TARGET_DIR=$work CARGO_PROFILE_DEV_DEBUG=0 RUSTUP_TOOLCHAIN=$toolchain
    cargo install --debug --force "$crate" --version "=$version" --root "$home.partial" "$@"
  ) || return
  # The finished name appears at the very end, so that an interrupted build is not taken for a finished one.
  mv "$home.partial" "$home" && rm -rf "$work"
}

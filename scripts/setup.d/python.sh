# What comes as packages for Python, each in a virtual environment of its own, and what its tests need of the system. Sourced by scripts/setup.

# schemathesis wants 3.11.
oldest_python=3.11
google_requirements=$root/tests/google-clients/requirements.txt
storage_requirements=$root/tests/stores/second-server/requirements.txt
schemathesis_requirements=$root/tests/service/python/requirements.txt

find_google_python() { # sets python_version, google_home and google_python; fails where that is not installed
  python_version=$(python3 -c 'import platform; print(platform.python_version())' 2>/dev/null) || return
  # A virtual environment is of one Python, and of one list of packages.
  google_home=$cache/python/google-clients-$python_version-$(git hash-object "$google_requirements" | cut -c 1-12)
  google_python=$google_home/bin/python
  [ -x "$google_python" ]
}

provide_google_clients() {
  command -v ip >/dev/null || apt_install "iproute2, for a network of the tests' own" iproute2
  find_google_python && return
  python3 -c 'import ensurepip, venv' 2>/dev/null || apt_install "Python with venv" python3 python3-venv
  find_google_python || true
  if [ "$(printf '%s\n' "$oldest_python" "$python_version" | sort -V | head -n 1)" != "$oldest_python" ]; then
    fail "Python $oldest_python or later is needed, this is $python_version" "Put a later python3 on PATH, then run setup again."
  fi
  must "google-auth for Python $python_version" google-auth install_python_packages "$google_home" "$google_requirements"
}

find_storage_servers() { # sets python_version, storage_home, fake_gcs_server and storage_python; fails where one is not installed
  python_version=$(python3 -c 'import platform; print(platform.python_version())' 2>/dev/null) || return
  storage_home=$cache/python/storage-servers-$python_version-$(git hash-object "$storage_requirements" | cut -c 1-12)
  fake_gcs_server=$(find "$storage_home" -type f -path '*/vendor/*/bin/fake-gcs-server*' 2>/dev/null | head -n 1)
  # Its own command names the folder that it was installed in, which has another name since.
  storage_python=$storage_home/bin/python
  [ -x "$fake_gcs_server" ] && [ -x "$storage_python" ]
}

provide_storage_servers() { # after Google's clients, which see to it that there is a Python
  find_storage_servers && return
  must "two other stand-ins for Cloud Storage" storage-servers install_python_packages "$storage_home" "$storage_requirements"
}

find_schemathesis() { # sets python_version and schemathesis_python; fails where that is not installed
  python_version=$(python3 -c 'import platform; print(platform.python_version())' 2>/dev/null) || return
  schemathesis_home=$cache/python/schemathesis-$python_version-$(git hash-object "$schemathesis_requirements" | cut -c 1-12)
  schemathesis_python=$schemathesis_home/bin/python
  [ -x "$schemathesis_python" ]
}

provide_schemathesis() { # after Google's clients, which see to it that there is a Python
  find_schemathesis && return
  must "schemathesis for Python $python_version" schemathesis install_python_packages "$schemathesis_home" "$schemathesis_requirements"
}

install_python_packages() { # folder, requirements.txt
  local home=$1 new=$1.partial
  rm -rf "$home" "$new"
  python3 -m venv "$new" || return
  "$new/bin/python" -m pip install --disable-pip-version-check --no-input --require-hashes --only-binary :all: -r "$2" || return
  # The finished name appears at the very end, so that an interrupted installation is not taken for a finished one.
  mv "$new" "$home"
}

# What comes as packages for Python, each in a virtual environment of its own, and what its tests need of the system. Sourced by scripts/setup.

oldest_python=3.10
google_requirements=$root/tests/google-clients/requirements.txt
storage_requirements=$root/tests/stores/second-server/requirements.txt
service_requirements=$root/tests/service/python/requirements.txt
bench_requirements=$root/bench/service/python/requirements.txt

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

find_service_tools() { # sets python_version, service_home and service_python; fails where that is not installed
  python_version=$(python3 -c 'import platform; print(platform.python_version())' 2>/dev/null) || return
  service_home=$cache/python/service-$python_version-$(git hash-object "$service_requirements" | cut -c 1-12)
  service_python=$service_home/bin/python
  [ -x "$service_python" ]
}

provide_service_tools() { # after Google's clients, which see to it that there is a Python
  find_service_tools && return
  must "PyJWT, schemathesis, rotel and hadolint" service-tools install_python_packages "$service_home" "$service_requirements"
}

find_bench_tools() { # sets python_version, bench_home and bench_python; fails where that is not installed
  python_version=$(python3 -c 'import platform; print(platform.python_version())' 2>/dev/null) || return
  bench_home=$cache/python/bench-$python_version-$(git hash-object "$bench_requirements" | cut -c 1-12)
  bench_python=$bench_home/bin/python
  [ -x "$bench_python" ]
}

provide_bench_tools() {
  python3 -c 'import ensurepip, venv' 2>/dev/null || apt_install "Python with venv" python3 python3-venv
  find_bench_tools && return
  must "FastAPI and PyJWT" bench-tools install_python_packages "$bench_home" "$bench_requirements"
}

install_python_packages() { # folder, requirements.txt
  local home=$1 new=$1.partial
  rm -rf "$home" "$new"
  python3 -m venv "$new" || return
  "$new/bin/python" -m pip install --disable-pip-version-check --no-input --require-hashes --only-binary :all: -r "$2" || return
  # The finished name appears at the very end, so that an interrupted installation is not taken for a finished one.
  mv "$new" "$home"
}

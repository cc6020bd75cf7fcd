# The other scripts source this file from the project's folder. It has the cache's place, certificates, Python, uv and tools.
# shellcheck shell=bash
cache="${XDG_CACHE_HOME:-$HOME/.cache}/baton"

fail() { printf '%s: %s\n' "${0##*/}" "$1" >&2; exit "${2:-1}"; }

# check_writable FOLDER [ADVICE]: make the folder if it is missing. If this user may not write there, say so, and exit with 2.
check_writable() {
  mkdir -p "$1" 2>/dev/null && [ -w "$1" ] && return
  case $1 in /*) folder=$1 ;; .) folder=$PWD ;; *) folder=$PWD/$1 ;; esac
  fail "$folder: this user may not write there; give it to them (chown), or ${2:-use a folder of your own}" 2
}

# A company's proxy signs with a certificate that only the system knows. uv, npm and pip bring their own lists of
# certificates, and trust the system's only if told to. (Go always does. On macOS, pip from 24.2 and uv read the keychain.)
export UV_SYSTEM_CERTS=1 UV_NATIVE_TLS=1 NODE_USE_SYSTEM_CA=1 # UV_NATIVE_TLS is the older name
for bundle in /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/ca-bundle.pem; do
  if [ -r "$bundle" ]; then
    export NODE_EXTRA_CA_CERTS="${NODE_EXTRA_CA_CERTS:-${SSL_CERT_FILE:-$bundle}}" # Node before 22.19
    export PIP_CERT="${PIP_CERT:-${REQUESTS_CA_BUNDLE:-${SSL_CERT_FILE:-$bundle}}}"
    break
  fi
done

# Set `python` to a Python that is new enough.
find_python() {
  local name
  for name in python3.11 python3.12 python3.13 python3.14 python3; do
    # Run it, because a version manager's shim may exist without the version behind it.
    if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      python=$(command -v "$name")
      return
    fi
  done
  fail "Python 3.11 or newer is missing. On Debian or Ubuntu: apt-get install python3 python3-venv"
}

# Set `uv` to the one on the PATH, or install the one that tools/uv.txt pins into the cache. Installing needs venv or pip;
# Debian's Python comes with neither.
find_uv() {
  uv=$(command -v uv || true)
  [ -z "$uv" ] || return 0
  local folder="$cache/uv"
  uv="$folder/bin/uv"
  ! "$uv" --version >/dev/null 2>&1 || return 0
  find_python
  check_writable "$cache" "set XDG_CACHE_HOME to another folder"
  echo "${0##*/}: installing uv into $folder (25 MB)" >&2
  local options=(--quiet --disable-pip-version-check --no-cache-dir --no-deps --require-hashes --requirement tools/uv.txt)
  local unfinished
  unfinished=$(mktemp -d "$cache/uv.XXXXXX")
  if "$python" -m pip --version >/dev/null 2>&1; then
    PIP_USER=0 "$python" -m pip install --target "$unfinished" "${options[@]}" || fail "pip could not install uv, see above"
  elif "$python" -m venv --clear "$unfinished" >/dev/null 2>&1; then
    "$unfinished/bin/python" -m pip install "${options[@]}" || fail "pip could not install uv, see above"
  else
    rm -rf "$unfinished"
    fail "$python has neither pip nor venv. On Debian or Ubuntu: apt-get install python3-venv"
  fi
  mkdir -p "$folder/bin"
  mv "$unfinished/bin/uv" "$uv" # only the program: it needs neither Python nor pip
  rm -rf "$unfinished"
}

# install_tool NAME FOLDER: install the program that tools/NAME.txt pins, which comes as a wheel, into FOLDER. Nothing stays
# in uv's own cache, because the unpacked toolchains are large and used once.
install_tool() {
  find_uv
  [ -x .venv/bin/python ] && python="$PWD/.venv/bin/python" || find_python
  local quiet=--quiet
  [ -t 2 ] && quiet="" # on a terminal, uv shows its progress
  "$uv" pip install $quiet --no-cache --no-deps --require-hashes --python "$python" \
    --target "$2" --requirement "tools/$1.txt"
}

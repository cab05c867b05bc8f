/**
 * What runs on the host. POSIX shell, no more than what every Linux and macOS has; each script is fixed, and what differs
 * comes as its arguments. They say lines on standard output, and whatever else on standard error.
 */

/** Says what the host is like, a word and its value a line. */
const DETECT = `
printf 'os %s\\nmachine %s\\n' "$(uname -s)" "$(uname -m)"
for tool in npm gzip; do
  if command -v "$tool" >/dev/null 2>&1; then printf '%s yes\\n' "$tool"; fi
done
sesh=$HOME/.local/bin/sesh
[ -e "$sesh" ] || sesh=$(command -v sesh) || exit 0
said=$("$sesh" --version </dev/null 2>/dev/null)
printf 'status %s\\nsays %s\\n' "$?" "$said"
printf 'at %s\\n' "$sesh"
`

/**
 * Makes a place beside the target, which is gone when the script is, however it ends. One that a crash of the host left is
 * removed a day later.
 */
const PREPARE = `
umask 022
fail() { printf 'fail %s\\n' "$1"; exit 1; }
bin=$HOME/.local/bin
target=$bin/sesh
[ -n "$HOME" ] || { echo 'HOME is not set' >&2; fail prepare; }
mkdir -p "$bin" || fail prepare
[ ! -d "$target" ] || { echo "$target is a directory" >&2; fail prepare; }
find "$bin/" -maxdepth 1 -name '.sesh-*' -mtime +0 -exec rm -rf {} + 2>/dev/null
temp=$(mktemp -d "$bin/.sesh-XXXXXX") || fail prepare
trap 'rm -rf "$temp"' EXIT
trap 'exit 1' HUP INT PIPE TERM
room() {
  free=$(df -Pk "$temp" 2>/dev/null | sed -n '$s/^.* \\([0-9][0-9]*\\)  *[0-9]*% .*$/\\1/p')
  [ -z "$free" ] || [ "$free" -ge "$1" ] || { echo "$free KB are free, $1 KB are needed" >&2; fail prepare; }
}
`

/**
 * Puts a file in the place of the target when it is the version that was asked for, if any, and runs here: that of this
 * version also says whether all that it will load later can be loaded.
 */
const SETTLE = `
settle() {
  chmod 755 "$1" || fail check
  said=$("$1" --version </dev/null) || fail run
  [ -z "$2" ] || [ "$said" = "sesh $2" ] || { echo "it says: $said" >&2; fail run; }
  [ "$said" != "sesh $3" ] || "$1" --check </dev/null >&2 || fail run
  mv -f "$1" "$target" || fail replace
  printf 'done %s\\n' "$said"
}
`

/** Arguments: package, registry or nothing, the version that it must have or nothing, our own version. */
const NPM = `${PREPARE}${SETTLE}
package=$1 wanted=$3 ours=$4
common='--no-audit --no-fund --no-update-notifier --loglevel=error'
if [ -n "$2" ]; then common="$common --registry=$2"; fi
cd "$temp" || fail prepare
npm view $common --cache="$temp/cache" --fetch-retries=0 --fetch-timeout=10000 "$package" name </dev/null >&2 || fail npm
npm install $common --cache="$temp/cache" --prefix="$temp" --fetch-timeout=3600000 --ignore-scripts --no-save \\
  --no-package-lock --include=optional "$package" </dev/null >&2 || fail npm
for file in "$temp"/node_modules/*/bin/sesh "$temp"/node_modules/@*/*/bin/sesh; do
  if [ -f "$file" ]; then settle "$file" "$wanted" "$ours"; exit 0; fi
done
echo "the package $package has no executable for this system" >&2
fail npm
`

/** Arguments: `gzip` or `cat`, bytes, SHA-256 in hexadecimal, version. The file follows on standard input after `ready`. */
const COPY = `${PREPARE}${SETTLE}
room "$(($2 / 1024 + 1))"
echo ready
case $1 in
  gzip) gzip -dc ;;
  *) cat ;;
esac >"$temp/sesh" || fail transfer
size=$(($(wc -c <"$temp/sesh")))
[ "$size" = "$2" ] || { echo "$size of $2 bytes arrived" >&2; fail transfer; }
if command -v sha256sum >/dev/null 2>&1; then sum=$(sha256sum <"$temp/sesh")
elif command -v shasum >/dev/null 2>&1; then sum=$(shasum -a 256 <"$temp/sesh")
elif command -v openssl >/dev/null 2>&1; then sum=$(openssl dgst -sha256 -r <"$temp/sesh")
else sum=$3; fi
[ "\${sum%% *}" = "$3" ] || { echo "SHA-256 is \${sum%% *}, not $3" >&2; fail check; }
settle "$temp/sesh" "$4" "$4"
`

const command = (script: string) => (...args: ReadonlyArray<string>): ReadonlyArray<string> => [
  "sh",
  "-c",
  script,
  "sh",
  ...args
]

export const detectCommand = command(DETECT)
export const npmCommand = command(NPM)
export const copyCommand = command(COPY)

/**
 * The scripts that run on the host: POSIX shell, with tools that every Linux and macOS has. Each script is fixed; what
 * differs is an argument. They answer in lines on standard output; everything else goes to standard error.
 */

/** sesh parses messages, so they must not be in the user's language. */
const PLAIN = `
LC_ALL=C
export LC_ALL
`

/**
 * A frame of zstd with `ok` in it and the window that we use, 128 MB, in octal (RFC 8878, 3.1.1). An old zstd, or
 * one with a limit, does not undo it.
 */
const ZSTD_PROBE = String.raw`\050\265\057\375\000\210\021\000\000ok`

/**
 * Reports the host's platform and tools, a word and its value per line. The loaders that are there tell the C library:
 * `linux-x86-64` and `linux-aarch64` are of glibc, `linux` and `linux-armhf` of a 32-bit one, `musl-*` of musl. In
 * their places NixOS has stubs, which only print a message with that address. A sesh that does not run is ours if it
 * is an executable made of Node's, or the few lines of shell of our package. The output of `sesh --version` comes
 * last: another program's may have lines of any kind.
 */
const DETECT = `${PLAIN}
printf 'os %s\\nmachine %s\\n' "$(uname -s)" "$(uname -m)"
for tool in npm gzip; do
  if command -v "$tool" >/dev/null 2>&1; then printf '%s yes\\n' "$tool"; fi
done
[ "$(printf '${ZSTD_PROBE}' | zstd -dcq 2>/dev/null)" != ok ] || echo 'zstd yes'
loaders=$(ls -dL /lib64/ld-linux-x86-64.so.2 /lib/ld-linux-aarch64.so.1 /lib/ld-linux.so.2 /lib/ld-linux-armhf.so.3 \\
  /lib/ld-musl-*.so.1 2>/dev/null)
names() { printf '%s %s\\n' "$1" "$(echo $(sed 's|.*/ld-||;s|\\.so.*||'))"; }
echo "$loaders" | names loaders
grep -l nix.dev/permalink/stub-ld $loaders /dev/null 2>/dev/null | names stubs
printf 'libc %s\\n' "$(getconf GNU_LIBC_VERSION 2>/dev/null)"
sesh=$HOME/.local/bin/sesh
[ -e "$sesh" ] || sesh=$(command -v sesh) || exit 0
[ ! -d "$sesh" ] || exit 0
said=$("$sesh" --version </dev/null 2>/dev/null)
status=$?
printf 'status %s\\nat %s\\n' "$status" "$sesh"
if [ "$status" != 0 ] && grep -q -e NODE_SEA_FUSE -e 'npm installed no executable' "$sesh" 2>/dev/null; then
  echo 'ours yes'
fi
printf 'says %s\\n' "$said"
`

/**
 * Makes a directory beside the target, which is removed with the end of the script, however it ends. One that a crash
 * of the host left is removed a day later, and so is a part of a file: by minutes, as not every find rounds days down.
 * If `keep` is a path, the file `part` is moved there first, unless a sesh was installed since.
 */
const PREPARE = `${PLAIN}
umask 022
fail() { printf 'fail %s\\n' "$1"; exit 1; }
bin=$HOME/.local/bin
target=$bin/sesh
[ -n "$HOME" ] || { echo 'HOME is not set' >&2; fail prepare; }
mkdir -p "$bin" || fail prepare
[ ! -d "$target" ] || { echo "$target is a directory" >&2; fail prepare; }
find "$bin/" -maxdepth 1 -type d -name '.sesh-??????' -mmin +1440 -exec rm -rf {} + 2>/dev/null
find "$bin/" -maxdepth 1 -type f -name '.sesh-part.*' -mmin +1440 -exec rm -f {} + 2>/dev/null
temp=$(mktemp -d "$bin/.sesh-XXXXXX") || fail prepare
watch='' child='' keep=''
leave() {
  [ -z "$watch$child" ] || { kill -KILL $watch $child; wait; } 2>/dev/null
  [ -z "$keep" ] || [ ! -s "$part" ] || [ "$target" -nt "$temp" ] || mv -f "$part" "$keep"
  rm -rf "$temp"
}
trap leave EXIT
trap 'exit 1' HUP INT PIPE TERM
room() {
  free=$(df -Pk "$temp" 2>/dev/null | sed -n '$s/^.* \\([0-9][0-9]*\\)  *[0-9]*% .*$/\\1/p')
  [ -z "$free" ] || [ "$free" -ge "$1" ] || { echo "$free KB are free, $1 KB are needed" >&2; fail prepare; }
}
`

/**
 * Moves a file to the target when it is the requested version, if any, and runs on this host. A file of our own version
 * also checks that everything it loads later can be loaded. Reports another sesh that comes first on the PATH.
 */
const SETTLE = `
settle() {
  chmod 755 "$1" || fail check
  said=$("$1" --version </dev/null) || fail run
  [ -z "$2" ] || [ "$said" = "sesh $2" ] || { echo "it says: $said" >&2; fail run; }
  [ "$said" != "sesh $3" ] || "$1" --check </dev/null >&2 || fail run
  mv -f "$1" "$target" || fail replace
  typed=$(command -v sesh)
  case $typed in
    /*) [ "$typed" -ef "$target" ] || printf 'typed %.200s\\n' "$typed" ;;
  esac
  printf 'done %s\\n' "$said"
}
`

/**
 * Ends the script, and what it runs by `watched`, when its standard input ends: then nothing waits for it any more. A
 * builtin reads, so that only the one process that is killed keeps the input open: it may be one with the output. npm
 * gets only the signal that no program can ignore; all its files are in the directory that is removed.
 */
const WATCH = `
exec 3<&0
(while read -r line; do :; done; kill "$$") <&3 >/dev/null 2>&1 &
watch=$!
exec 3<&-
watched() { "$@" </dev/null >&2 & child=$!; wait "$child"; status=$?; child=''; return "$status"; }
`

/** Arguments: package, registry or nothing, the version that it must have or nothing, our own version. */
const NPM = `${PREPARE}${SETTLE}${WATCH}
package=$1 wanted=$3 ours=$4
common='--no-audit --no-fund --no-update-notifier --loglevel=error'
if [ -n "$2" ]; then common="$common --registry=$2"; fi
cd "$temp" || fail prepare
watched npm view $common --cache="$temp/cache" --fetch-retries=0 --fetch-timeout=10000 "$package" name || fail npm
watched npm install $common --cache="$temp/cache" --prefix="$temp" --fetch-timeout=3600000 --ignore-scripts --no-save \\
  --no-package-lock --include=optional "$package" || fail npm
for file in "$temp"/node_modules/*/bin/sesh "$temp"/node_modules/@*/*/bin/sesh; do
  if [ -f "$file" ]; then settle "$file" "$wanted" "$ours"; exit 0; fi
done
echo "the package $package has no executable for this system" >&2
fail npm
`

/** Ends what is sent, so that the host knows a whole file from a broken connection. */
export const END_MARK = "sesh-end"

/**
 * Arguments: `zstd`, `gzip` or `cat`, bytes, SHA-256 in hexadecimal, version, kilobytes that are needed, and `resume`,
 * or `restart` to forget what an earlier connection has brought. After `ready` and the number of bytes that are there
 * already the rest follows on standard input, with END_MARK at its end. A part that was kept is taken by renaming it:
 * only one script has it. One that another script still receives, as it does when it has not noticed that its
 * connection is lost, is copied. A part is kept when the connection breaks, not when the disk is full.
 */
const COPY = `${PREPARE}${SETTLE}
room "$5"
name=part.$1.$3
part=$temp/$name
if [ "$6" = resume ]; then
  [ ! -f "$bin/.sesh-$name" ] || mv "$bin/.sesh-$name" "$part" 2>/dev/null
  for other in "$bin"/.sesh-??????/"$name"; do [ -s "$part" ] || cat "$other" >"$part" 2>/dev/null; done
fi
rm -f "$bin"/.sesh-part.*
touch "$part" || fail prepare
keep=$bin/.sesh-$name
echo "ready $(($(wc -c <"$part")))"
cat >>"$part"
status=$?
[ "$status" = 0 ] || [ "$status" -gt 128 ] || { keep=''; fail transfer; }
tail -c ${END_MARK.length} "$part" | grep -q '^${END_MARK}$' || { echo 'it did not arrive whole' >&2; fail transfer; }
keep=''
head -c "$(($(wc -c <"$part") - ${END_MARK.length}))" "$part" | case $1 in
  zstd) zstd -dcq ;;
  gzip) gzip -dc ;;
  *) cat ;;
esac >"$temp/sesh" || fail transfer
rm -f "$part"
size=$(($(wc -c <"$temp/sesh")))
[ "$size" = "$2" ] || { echo "$size of $2 bytes arrived" >&2; fail transfer; }
if command -v sha256sum >/dev/null 2>&1; then sum=$(sha256sum <"$temp/sesh")
elif command -v shasum >/dev/null 2>&1; then sum=$(shasum -a 256 <"$temp/sesh")
elif command -v openssl >/dev/null 2>&1; then sum=$(openssl dgst -sha256 -r <"$temp/sesh")
else sum=$3; fi
[ "\${sum%% *}" = "$3" ] || { echo "SHA-256 is \${sum%% *}, not $3" >&2; fail check; }
settle "$temp/sesh" "$4" "$4"
`

/** Restores the lines of a script that was sent as one. */
const EVAL = "script=$1; shift; eval \"$(printf %b \"$script\")\""

/** On one line, because csh, which may be the user's shell on the host, allows no line feed between quotes. */
const command = (script: string) => {
  const line = script.replaceAll("\\", "\\0134").replaceAll("\n", "\\0012")
  return (...args: ReadonlyArray<string>): ReadonlyArray<string> => ["sh", "-c", EVAL, "sh", line, ...args]
}

export const detectCommand = command(DETECT)
export const npmCommand = command(NPM)
export const copyCommand = command(COPY)

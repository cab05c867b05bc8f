/**
 * What rsync and scp run instead of ssh: a script that reports which command they want on the host, and connects them
 * to two of our descriptors. So they use the connection that sesh has, over any transport.
 */
import * as Fs from "node:fs"
import * as Path from "node:path"
import { quietly } from "../system/quietly.ts"
import { writeWholeFile } from "../system/wholeFile.ts"

/** The script's numbers for our descriptors: from the host, to the host, and the report of its arguments. */
export const FROM_HOST = 3
export const TO_HOST = 4
export const ARGUMENTS = 5

/** Looked up on PATH, because rsync would split a path at a blank. */
export const RSH = "sesh-rsh"

/**
 * It reports its arguments, and ends when either direction ends, with all that it started. rsync waits for it before it
 * closes its side; scp does it the other way round, and waits for more while any process holds that end open. The
 * standard input of a background job has to be another descriptor (POSIX, Shell Command Language 2.9.3), and so does
 * its output: rsync takes the end of that for the end of all. KILL, because a shell that has just been forked may lose
 * other signals: its parent's trap is still there, and forgotten at once.
 */
const SCRIPT = `#!/bin/sh
# Made by sesh: stands for ssh where rsync and scp want one.
printf '%s\\0' "$#" "$@" >&${ARGUMENTS}
exec ${ARGUMENTS}>&- 6<&0
cat <&${FROM_HOST} &
from=$!
exec ${FROM_HOST}<&-
{
  trap 'kill -KILL "$!"; exit' TERM
  cat <&6 &
  wait "$!"
  kill "$from"
} >&${TO_HOST} 2>/dev/null &
to=$!
exec ${TO_HOST}>&- 6<&-
wait "$from"
kill "$to" 2>/dev/null
exit 0
`

/** Writes the script into a private directory, if it is not there yet. Throws what the file system throws. */
export const placeScript = (dir: string): void => {
  const path = Path.join(dir, RSH)
  if (quietly(() => Fs.readFileSync(path, "utf8")) === SCRIPT) return
  writeWholeFile(path, SCRIPT, 0o700)
}

/** The arguments of the script, once it has reported them all. */
export const readArguments = (bytes: Buffer): ReadonlyArray<string> | undefined => {
  const [count, ...words] = bytes.toString("utf8").split("\0")
  return words.length > 0 && words.length > Number(count) ? words.slice(0, Number(count)) : undefined
}

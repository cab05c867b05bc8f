/**
 * What rsync and scp run instead of an ssh: a script that tells us which command they want on the host, and joins them with
 * two of our descriptors. So they go over the connection that we have, whatever it is made of.
 */
import * as Fs from "node:fs"
import * as Path from "node:path"
import { quietly } from "../system/quietly.ts"
import { writeWholeFile } from "../system/wholeFile.ts"

/** What the script calls our descriptors: from the host, to the host, and what it has to tell. */
export const FROM_HOST = 3
export const TO_HOST = 4
export const TOLD = 5

/** Looked up on PATH, because rsync would split a path with a blank. */
export const RSH = "sesh-rsh"

/**
 * It says its arguments, and ends when either direction does, with all that it started: rsync waits for it before it closes
 * its side, scp the other way round, and what still held that end would keep scp waiting for more. The standard input of
 * what runs in the background has to be another descriptor (POSIX, Shell Command Language 2.9.3), and its output another
 * too: rsync takes the end of that for the end of all.
 */
const SCRIPT = `#!/bin/sh
# Made by sesh: stands for ssh where rsync and scp want one.
printf '%s\\0' "$#" "$@" >&${TOLD}
exec ${TOLD}>&- 6<&0
cat <&${FROM_HOST} &
from=$!
exec ${FROM_HOST}<&-
{
  trap 'kill "$!"; exit' TERM
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

/** Puts the script into a directory of the user's own, if it is not there. Throws what the file system throws. */
export const placeScript = (dir: string): void => {
  const path = Path.join(dir, RSH)
  if (quietly(() => Fs.readFileSync(path, "utf8")) === SCRIPT) return
  writeWholeFile(path, SCRIPT, 0o700)
}

/** The arguments of the script, once it has told them all. */
export const readTold = (told: Buffer): ReadonlyArray<string> | undefined => {
  const [count, ...words] = told.toString("utf8").split("\0")
  return words.length > 0 && words.length > Number(count) ? words.slice(0, Number(count)) : undefined
}

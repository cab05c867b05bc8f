/** Who can have written a file. */
import * as Fs from "node:fs"
import * as Path from "node:path"
import { quietly } from "./quietly.ts"

/** Write permission for the group or for others. */
const OTHERS_WRITE = 0o022

export const isWritableByOthers = ({ mode }: Pick<Fs.Stats, "mode">): boolean => (mode & OTHERS_WRITE) !== 0

/** Belongs to the user, and others cannot write to it: its contents are trusted. */
export const isOurs = (stat: Pick<Fs.Stats, "mode" | "uid">, uid: number): boolean =>
  stat.uid === uid && !isWritableByOthers(stat)

/** A path, and all directories above it. */
const chain = (path: string): ReadonlyArray<string> =>
  path === Path.dirname(path) ? [path] : [...chain(Path.dirname(path)), path]

const ownersOf = (path: string): ReadonlyArray<number> =>
  chain(path).flatMap((one) => quietly(() => [Fs.lstatSync(one).uid], []))

/**
 * For root, in the environment of another user (`sudo -E`, `su`): who owns the path, a link in it, or a directory above
 * it. What root makes there is lost to that user, and a link of theirs may lead root anywhere. Undefined: nobody else,
 * or we are not root, and then the system's permissions decide.
 */
export const otherOwner = (path: string, uid = process.geteuid!()): number | undefined => {
  if (uid !== 0) return undefined
  const real = quietly(() => Fs.realpathSync(path))
  return [path, ...real === undefined ? [] : [real]].flatMap(ownersOf).find((owner) => owner !== 0)
}

/** Everything at a path of the home, in the order of names. */
import * as Fs from "node:fs"
import * as Path from "node:path"
import { quietly } from "../system/quietly.ts"
import { codeOf, isAbsent } from "../system/systemError.ts"

/** A file, directory, link or other node of a tree. */
export interface Entry {
  /** Relative to the home; one character per byte, because names need not be text. */
  readonly path: string
  readonly full: Buffer
  readonly stat: Fs.Stats
}

const compare = (a: string, b: string): number => a < b ? -1 : a > b ? 1 : 0

/** Empty when the directory cannot be read: the copying program reports that. */
const namesIn = (dir: Buffer): ReadonlyArray<string> =>
  quietly(() => Fs.readdirSync(dir, "latin1").toSorted(compare), [])

/** Follows no link. Undefined where nothing exists, or it cannot be read. */
export const look = (path: Fs.PathLike): Fs.Stats | undefined =>
  quietly(() => Fs.lstatSync(path, { throwIfNoEntry: false }))

function* entriesBelow(
  home: string,
  path: string,
  full: Buffer,
  stat: Fs.Stats,
  kept: ReadonlySet<string>
): Generator<Entry> {
  yield { path, full, stat }
  if (!stat.isDirectory()) return
  for (const name of namesIn(full)) {
    const below = `${path}/${name}`
    if (kept.has(below)) continue
    const there = Buffer.from(`${home}/${below}`, "latin1")
    const stat = look(there)
    if (stat !== undefined) yield* entriesBelow(home, below, there, stat, kept)
  }
}

const latin1Of = (text: string): string => Buffer.from(text).toString("latin1")

/**
 * Follows no link but the path itself, which stands for what it leads to. Leaves out the paths `kept`, what vanishes
 * meanwhile, and what cannot be read.
 */
export function* entriesAt(home: string, path: string, kept: ReadonlyArray<string>): Generator<Entry> {
  const full = quietly(() => Fs.realpathSync(Path.join(home, path)))
  const stat = full === undefined ? undefined : look(full)
  if (full === undefined || stat === undefined) return
  yield* entriesBelow(latin1Of(home), latin1Of(path), Buffer.from(full), stat, new Set(kept.map(latin1Of)))
}

/** Whether the path is below the directory, and not the directory itself. Both are real paths. */
export const within = (path: string, dir: string): boolean => dir === "/" ? path !== "/" : path.startsWith(`${dir}/`)

/** The real paths of a path: with the links above it followed, and, for a link, of its target. */
const destinations = (full: string): ReadonlyArray<string> => {
  const self = Path.join(Fs.realpathSync(Path.dirname(full)), Path.basename(full))
  return Fs.lstatSync(full).isSymbolicLink() ? [self, Fs.realpathSync(full)] : [self]
}

/** Whether a path of the home is a link, to a file or to a directory. */
export const linkAt = (home: string, path: string): "file" | "directory" | undefined =>
  quietly(() => {
    const full = Path.join(home, path)
    if (!Fs.lstatSync(full).isSymbolicLink()) return undefined
    return Fs.statSync(full).isDirectory() ? "directory" : "file"
  })

/** Why a path cannot be pushed: it is missing, also as a link's target, or for a reason. Undefined when it can. */
export const faultOf = (
  home: string,
  path: string
): { readonly missing: true } | { readonly reason: string } | undefined => {
  try {
    const realHome = Fs.realpathSync(home)
    for (const target of destinations(Path.join(home, path))) {
      if (target === realHome) return { reason: "it leads to your whole home" }
      if (!within(target, realHome)) return { reason: `it leads out of your home, to ${target}` }
    }
    return undefined
  } catch (error) {
    return isAbsent(error) ? { missing: true } : { reason: `it cannot be looked at (${codeOf(error)})` }
  }
}

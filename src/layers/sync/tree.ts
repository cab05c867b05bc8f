/** Everything at a path of the home, in the order of names. */
import * as Fs from "node:fs"
import * as Path from "node:path"
import { quietly } from "../system/quietly.ts"
import { codeOf, isAbsent } from "../system/systemError.ts"

/** Something in a tree. */
export interface Entry {
  /** Seen from the home; a character for each byte, because names need not be text. */
  readonly path: string
  readonly full: Buffer
  readonly stat: Fs.Stats
}

const compare = (a: string, b: string): number => a < b ? -1 : a > b ? 1 : 0

/** Names that cannot be read are none: whoever copies them says so. */
const namesIn = (dir: Buffer): ReadonlyArray<string> =>
  quietly(() => Fs.readdirSync(dir, "latin1").toSorted(compare), [])

/** Follows no link. Undefined where there is nothing, or nothing that can be looked at. */
export const look = (path: Fs.PathLike): Fs.Stats | undefined =>
  quietly(() => Fs.lstatSync(path, { throwIfNoEntry: false }))

function* entriesBelow(home: string, path: string): Generator<Entry> {
  const full = Buffer.from(`${home}/${path}`, "latin1")
  const stat = look(full)
  if (stat === undefined) return
  yield { path, full, stat }
  if (!stat.isDirectory()) return
  for (const name of namesIn(full)) yield* entriesBelow(home, `${path}/${name}`)
}

const byteByByte = (text: string): string => Buffer.from(text).toString("latin1")

/** Follows no link. What vanishes meanwhile, or cannot be looked at, was not there. */
export const entriesAt = (home: string, path: string): Generator<Entry> =>
  entriesBelow(byteByByte(home), byteByByte(path))

/** Below the directory, and not the directory itself. Both are real paths. */
export const within = (path: string, dir: string): boolean => dir === "/" ? path !== "/" : path.startsWith(`${dir}/`)

/** Where the path really is: links above it are followed, and so is it, as far as there is something. */
const destinations = (full: string): ReadonlyArray<string> => {
  const parent = Fs.realpathSync(Path.dirname(full))
  const self = Path.join(parent, Path.basename(full))
  if (!Fs.lstatSync(full).isSymbolicLink()) return [self]
  // What is not there has no real path, and the link says where it would be.
  return [self, quietly(() => Fs.realpathSync(full)) ?? Path.resolve(parent, Fs.readlinkSync(full))]
}

/** How the path stands: `missing`, or what speaks against it. */
export const faultOf = (
  home: string,
  path: string
): { readonly missing: true } | { readonly reason: string } | undefined => {
  try {
    const realHome = Fs.realpathSync(home)
    for (const place of destinations(Path.join(home, path))) {
      if (place === realHome) return { reason: "it leads to your whole home" }
      if (!within(place, realHome)) return { reason: `it leads out of your home, to ${place}` }
    }
    return undefined
  } catch (error) {
    return isAbsent(error) ? { missing: true } : { reason: `it cannot be looked at (${codeOf(error)})` }
  }
}

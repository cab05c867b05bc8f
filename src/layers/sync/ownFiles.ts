/** What is sesh's own in a home: every machine has its own, which no list may replace or remove. */
import * as Fs from "node:fs"
import * as Path from "node:path"
import { quietly } from "../system/quietly.ts"
import { within } from "./tree.ts"

/** Where it is unless variables say otherwise, on this machine or on a host: sessions, their state, the program. */
const USUAL = [".sesh", ".local/state/sesh", ".local/bin/sesh"]

/** sesh's own paths in a home. */
export interface Own {
  /** Relative to the home. */
  readonly names: ReadonlyArray<string>
  /** Real paths of what is there. */
  readonly places: ReadonlyArray<string>
}

/** Of absolute paths those in the home, relative to it. */
export const below = (home: string, paths: ReadonlyArray<string>): ReadonlyArray<string> =>
  paths.filter((path) => within(path, home)).map((path) => Path.relative(home, path))

/** `dirs`: absolute paths of what variables have moved. */
export const ownPaths = (home: string, dirs: ReadonlyArray<string>): Own => {
  const names = [...new Set([...USUAL, ...below(home, dirs)])]
  return { names, places: names.flatMap((name) => realPlaces(home, name)) }
}

/** Where an own path really is: as the entry that it is, and, for a link to a directory, as that directory. */
const realPlaces = (home: string, own: string): ReadonlyArray<string> => {
  const full = Path.join(home, own)
  const parent = quietly(() => Fs.realpathSync(Path.dirname(full)))
  if (parent === undefined) return []
  const target = quietly(() => Fs.statSync(full).isDirectory() ? Fs.realpathSync(full) : undefined)
  return [Path.join(parent, Path.basename(full)), ...target === undefined ? [] : [target]]
}

/** The relation of a listed path to sesh's own ones. */
export interface Overlap {
  /** It is one of them, or in one. */
  readonly isOwn: boolean
  /** Those below it, by its name: to be left alone. */
  readonly below: ReadonlyArray<string>
}

/** Finds them by their names, which count on the host, and by where they really are here. */
export const overlapOf = (home: string, path: string, { names, places }: Own): Overlap => {
  const named = names.filter((name) => within(name, path))
  const isNamed = names.some((name) => path === name || within(path, name))
  const real = quietly(() => Fs.realpathSync(Path.join(home, path)))
  if (real === undefined) return { isOwn: isNamed, below: named }
  return {
    isOwn: isNamed || places.some((place) => real === place || within(real, place)),
    below: [...named, ...below(real, places).map((name) => Path.join(path, name))]
  }
}

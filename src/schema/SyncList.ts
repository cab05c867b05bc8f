/** The list of files to sync to other hosts: one path a line, relative to the home. */
import { hasUnseen } from "./Text.ts"

/** Bytes of a list: thousands of paths. */
export const MAX_LIST_BYTES = 64 * 1024

/** Paths of a list: each is a word on a command line. */
export const MAX_PATHS = 1000

/** Characters of a path: PATH_MAX (limits.h) on Linux, more than on macOS. */
const MAX_PATH = 4096

/** A path that its name allows to sync: relative, not empty, without a part that is `.`, `..` or empty. */
export interface SyncPath {
  readonly path: string
  /** Line number in the list, from 1. */
  readonly line: number
}

/** A line that is not such a path. */
export interface RefusedLine {
  readonly line: number
  readonly text: string
  readonly reason: string
}

export interface SyncList {
  /** Without duplicates. */
  readonly paths: ReadonlyArray<SyncPath>
  readonly refused: ReadonlyArray<RefusedLine>
}

const brokenRule = (text: string): string | undefined => {
  if (hasUnseen(text)) return "it has control characters"
  if (text.length > MAX_PATH) return `it has ${text.length} characters, ${MAX_PATH} is the most`
  if (text.startsWith("/")) return "it is an absolute path; write it as seen from your home"
  if (text === "~" || /^~\/[./]*$/.test(text)) return "it is your whole home; list what is in it"
  if (text.startsWith("~/")) return "leave out the \"~/\": paths are seen from your home"
  const parts = text.split("/")
  if (parts.includes("..")) return "it has a \"..\" in it"
  if (parts.every((part) => part === "" || part === ".")) return "it is your whole home; list what is in it"
  return undefined
}

/**
 * Reads a list. Ignores blanks around a path, empty lines, and lines that begin with `#`. A path that begins or ends
 * with such a character is written `./ like this/`.
 */
export const parseSyncList = (text: string): SyncList => {
  const paths = new Map<string, SyncPath>()
  const refused: Array<RefusedLine> = []
  for (const [index, raw] of text.replace(/^\ufeff/, "").split("\n").entries()) {
    const line = index + 1
    const entry = raw.replace(/^[ \t]+|[ \t\r]+$/g, "")
    if (entry === "" || entry.startsWith("#")) continue
    const reason = paths.size < MAX_PATHS ? brokenRule(entry) : `only ${MAX_PATHS} paths are taken`
    if (reason !== undefined) {
      refused.push({ line, text: entry, reason })
      continue
    }
    const path = entry.split("/").filter((part) => part !== "" && part !== ".").join("/")
    if (!paths.has(path)) paths.set(path, { path, line })
  }
  return { paths: [...paths.values()], refused }
}

/** The lines of the user's list, by whether they can be pushed now. */
import type { SyncList } from "../../schema/SyncList.ts"
import { overlapOf, type Own } from "./ownFiles.ts"
import { faultOf } from "./tree.ts"

export interface Listed {
  readonly good: ReadonlyArray<string>
  /** Below those: sesh's own paths, which are neither copied nor removed. */
  readonly kept: ReadonlyArray<string>
  readonly missing: ReadonlyArray<{ readonly line: number; readonly path: string }>
  readonly refused: ReadonlyArray<{ readonly line: number; readonly path: string; readonly reason: string }>
}

export const classify = (home: string, list: SyncList, own: Own): Listed => {
  const good: Array<string> = []
  const kept = new Set<string>()
  const missing: Array<{ line: number; path: string }> = []
  const refused = list.refused.map(({ line, reason, text }) => ({ line, path: text, reason }))
  for (const { line, path } of list.paths) {
    const { below, isOwn } = overlapOf(home, path, own)
    const fault = isOwn ? { reason: "it is sesh's own: every machine has one" } : faultOf(home, path)
    if (fault === undefined) {
      good.push(path)
      for (const one of below) kept.add(one)
    } else if ("missing" in fault) missing.push({ line, path })
    else refused.push({ line, path, reason: fault.reason })
  }
  return { good, kept: [...kept], missing, refused: refused.toSorted((a, b) => a.line - b.line) }
}

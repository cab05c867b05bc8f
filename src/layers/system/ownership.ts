/** Who can have written a file. */
import type { Stats } from "node:fs"

/** Write permission for the group or for others. */
const OTHERS_WRITE = 0o022

export const isWritableByOthers = ({ mode }: Pick<Stats, "mode">): boolean => (mode & OTHERS_WRITE) !== 0

/** Belongs to the user, and others cannot write to it: its contents are trusted. */
export const isOurs = (stat: Pick<Stats, "mode" | "uid">, uid: number): boolean =>
  stat.uid === uid && !isWritableByOthers(stat)

/** Notices changes of files without waking up in between. */
import * as Fs from "node:fs"
import * as v8 from "node:v8"
import { quietly } from "./quietly.ts"

/**
 * File systems that others change too, of which this system hears nothing: `f_type` of statfs(2), from the kernel's
 * linux/magic.h and from the file systems' own sources.
 */
const SHARED = new Set([
  0x6969, // NFS
  0x517b, // SMB
  0xff534d42, // CIFS
  0xfe534d42, // SMB2
  0x5346414f, // AFS
  0x73757245, // Coda
  0x00c36400, // Ceph
  0x01021997, // 9P
  0x01161970, // GFS2
  0x7461636f, // OCFS2
  0x65735546, // FUSE
  0x0bd00bd0, // Lustre
  0x47504653, // GPFS
  0x19830326, // BeeGFS
  0xaad7aaea // PanFS
])

/** Whether other machines may change the directory's files. */
export const isShared = (dir: string): boolean => quietly(() => SHARED.has(Fs.statfsSync(dir).type >>> 0), false)

/**
 * Calls back when one of the files may have been changed or removed; maybe more often than that. Returns how to stop;
 * undefined when not all of them can be watched.
 */
export const watchFiles = (paths: ReadonlyArray<string>, onChange: () => void): (() => void) | undefined => {
  // A snapshot holds no handles.
  if (v8.startupSnapshot.isBuildingSnapshot()) return undefined
  const watchers: Array<Fs.FSWatcher> = []
  const stop = () => {
    for (const watcher of watchers) watcher.close()
  }
  try {
    for (const path of paths) watchers.push(Fs.watch(path, { persistent: false }, onChange).on("error", onChange))
    return stop
  } catch {
    stop()
    return undefined
  }
}

import * as Schema from "effect/Schema"

/**
 * A machine, or a container, as far as it can be told from others that share a directory with it. What the system does
 * not tell is missing.
 */
export const Machine = Schema.Struct({
  /** Its host name: what people and ssh call it. */
  name: Schema.String,
  /** Of this boot of its kernel; containers of one machine share it. */
  boot: Schema.optionalKey(Schema.String),
  /** Of its installation; cloned machines and containers may share it. */
  id: Schema.optionalKey(Schema.String),
  /** Of its pid namespace: within a boot, where it is equal, pids mean the same processes. */
  pids: Schema.optionalKey(Schema.String)
})
export type Machine = typeof Machine.Type

/** The process of a session, as its description names it. */
export const DaemonProcess = Schema.Struct({
  machine: Machine,
  pid: Schema.Int.check(Schema.isGreaterThan(1)),
  /** When it started, in the system's own form: with the pid it distinguishes a process from a later one. */
  start: Schema.optionalKey(Schema.String)
})
export type DaemonProcess = typeof DaemonProcess.Type

/**
 * - `here`: the same machine and boot, so that its processes can be looked at
 * - `restarted`: the same machine or container, which has been started again: nothing of before runs
 * - `elsewhere`: another machine, of which nothing can be known here
 */
export type Whereabouts = "here" | "restarted" | "elsewhere"

/** Equal, or not known of both. */
const mayBeEqual = (a: string | undefined, b: string | undefined): boolean =>
  a === undefined || b === undefined || a === b

/**
 * Where `theirs` is, seen from `ours`. A name may change while a machine runs, so boot and pid namespace come first. A
 * boot says nothing about containers: they have the kernel's. Two installations of one name are two machines; one
 * installation of two names may be two clones.
 */
export const whereabouts = (ours: Machine, theirs: Machine): Whereabouts => {
  const isSameName = ours.name === theirs.name
  if (mayBeEqual(ours.boot, theirs.boot)) {
    const isSameBoot = ours.boot !== undefined && theirs.boot !== undefined
    if (mayBeEqual(ours.pids, theirs.pids) && (isSameBoot || isSameName)) return "here"
    return isSameName ? "restarted" : "elsewhere"
  }
  return isSameName && mayBeEqual(ours.id, theirs.id) ? "restarted" : "elsewhere"
}

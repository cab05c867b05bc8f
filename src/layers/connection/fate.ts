/** What has become of a session that cannot be connected to: its description names its machine and its process. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { type DaemonProcess, type Machine, whereabouts } from "../../schema/Machine.ts"
import { MAX_DESCRIPTION_BYTES, SessionDescription } from "../../schema/Session.ts"
import type { SessionName } from "../../schema/SessionName.ts"
import { isRunning } from "../system/machine.ts"
import { quietly } from "../system/quietly.ts"
import { readSmallFile } from "../system/wholeFile.ts"

/** tmux(1) makes its socket again at this signal. In Node it would start a debugger if nobody listened to it. */
export const RESTORE_SIGNAL = "SIGUSR1"

/**
 * - `dead`: no process has the name any more; also where nothing is known of one
 * - `alive`: its process runs here
 * - `elsewhere`: it lives on another machine
 */
export type Fate =
  | { readonly _tag: "dead" }
  | { readonly _tag: "alive"; readonly process: DaemonProcess }
  | { readonly _tag: "elsewhere"; readonly machine: string }

const decode = Schema.decodeUnknownOption(Schema.fromJsonString(SessionDescription))

/** The process of a description; undefined if there is no description of that session, or an older sesh wrote it. */
export const readProcess = (path: string, name: SessionName): DaemonProcess | undefined => {
  const description = Option.getOrUndefined(decode(quietly(() => readSmallFile(path, MAX_DESCRIPTION_BYTES), "")))
  return description?.name === name ? description.daemon : undefined
}

/** Reads `path`, the session's description. `machine` is this one. */
export const fateOf = (path: string, name: SessionName, machine: () => Machine): Effect.Effect<Fate> =>
  Effect.sync(() => {
    const process = readProcess(path, name)
    if (process === undefined) return { _tag: "dead" }
    switch (whereabouts(machine(), process.machine)) {
      case "elsewhere":
        return { _tag: "elsewhere", machine: process.machine.name }
      case "here":
        return isRunning(process, name) ? { _tag: "alive", process } : { _tag: "dead" }
      case "restarted":
        return { _tag: "dead" }
    }
  })

/** Asks the process to make its socket again. */
export const askToRestore = ({ pid }: DaemonProcess): Effect.Effect<void> =>
  // It may have just ended.
  Effect.sync(() => void quietly(() => process.kill(pid, RESTORE_SIGNAL)))

/** The handshake, on the client's side. */
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import {
  Control,
  type Hello,
  MAX_REASON_CHARACTERS,
  PROTOCOL,
  RefusalCode,
  type Role,
  type Welcome
} from "../../schema/protocol/Control.ts"
import { FrameType } from "../../schema/protocol/Frame.ts"
import { cut } from "../../schema/Text.ts"
import { LoopError } from "../../services/LoopError.ts"
import { NoSession } from "../../services/NoSession.ts"
import { SessionUnresponsive, VersionMismatch } from "../../services/SessionRegistry.ts"

/** A `hello`; `more` has the fields beside version and role. */
export const hello = (version: string, role: Role, more: Pick<Hello, "client"> & Partial<Hello>): Buffer =>
  Control.hello.encode({ protocol: PROTOCOL, sesh: version, role, ...more })

/** Reads the daemon's first frame. Undefined: a type of a newer version, wait for the next frame. */
export const readAnswer = (
  name: string,
  version: string,
  type: number,
  payload: Buffer
): Result.Result<Welcome, LoopError | NoSession | SessionUnresponsive | VersionMismatch> | undefined => {
  if (type === FrameType.error) {
    const refusal = Option.getOrUndefined(Control.error.decode(payload))
    // The session has ended, and another one has its name.
    if (refusal?.code === RefusalCode.session) return Result.fail(new NoSession({ name, stale: false }))
    if (refusal?.code === RefusalCode.loop) return Result.fail(new LoopError({ name }))
    const reason = refusal === undefined ? "it refused without a reason" : cut(refusal.message, MAX_REASON_CHARACTERS)
    return Result.fail(new SessionUnresponsive({ name, reason }))
  }
  if (type !== FrameType.welcome) return undefined
  const welcome = Option.getOrUndefined(Control.welcome.decode(payload))
  if (welcome !== undefined && welcome.protocol.major === PROTOCOL.major) return Result.succeed(welcome)
  // Of another major, only the version of a welcome is certain.
  const spoken = Option.getOrUndefined(Control.version.decode(payload))
  return spoken === undefined || spoken.protocol.major === PROTOCOL.major
    ? Result.fail(new SessionUnresponsive({ name, reason: "its welcome is not one" }))
    : Result.fail(
      new VersionMismatch({
        name,
        ours: version,
        theirs: spoken.sesh,
        older: spoken.protocol.major > PROTOCOL.major ? "client" : "session"
      })
    )
}

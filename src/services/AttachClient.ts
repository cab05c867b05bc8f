import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { InvalidDetachKey } from "../schema/DetachKey.ts"
import type { EndSignal } from "../schema/protocol/Control.ts"
import type { ExitStatus } from "../schema/Session.ts"
import type { SessionName } from "../schema/SessionName.ts"
import type { AskError } from "./SessionRegistry.ts"
import type { TtyError } from "./Tty.ts"

/** How an attachment ended. */
export type AttachEnd =
  | { readonly _tag: "Detached"; readonly by: "key" | "other" | "end of input"; readonly reason?: string }
  | { readonly _tag: "Exited"; readonly status: ExitStatus }
  /** For good: its process is gone, or who waited for a connection to another host has given up, or cannot have one. */
  | { readonly _tag: "Lost"; readonly reason: string }
  | { readonly _tag: "Signal"; readonly signal: EndSignal }

/** What becomes of the connection while it lasts. `Lost`: it is being made anew. */
export type AttachState =
  | { readonly _tag: "Attached" }
  | { readonly _tag: "Lost"; readonly reason: string }
  | { readonly _tag: "Resumed" }

export interface AttachOptions {
  readonly name: SessionName
  /** `watch` sees and never types or resizes. */
  readonly role: "attach" | "watch"
  /** Id of the session when this very process has just created it: then everything since its beginning is shown. */
  readonly created?: string
  /** Runs while the session is connected to. Before it is done the terminal is not touched, and nothing is shown. */
  readonly before?: Effect.Effect<void>
  readonly onState?: (state: AttachState) => Effect.Effect<void>
}

/**
 * Puts a session on the user's terminal. A connection to another host that breaks is made anew, for as long as it takes: on
 * it goes where it was, not a byte lost and none twice; otherwise the screen is restored.
 */
export class AttachClient extends Context.Service<AttachClient, {
  /** Returns once the terminal is the user's again, restored. */
  readonly attach: (options: AttachOptions) => Effect.Effect<AttachEnd, AskError | TtyError | InvalidDetachKey>
}>()("sesh/services/AttachClient") {}

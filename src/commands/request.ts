import * as Schema from "effect/Schema"
import type { HostName } from "../schema/HostName.ts"
import type { SessionName } from "../schema/SessionName.ts"

/** Shells that completions are written for. */
export const SHELLS = ["bash", "zsh", "fish"] as const
export type Shell = typeof SHELLS[number]

/** What a command line asks for. */
export type Request =
  | { readonly _tag: "Help" }
  | { readonly _tag: "Version" }
  | { readonly _tag: "List"; readonly json: boolean }
  | { readonly _tag: "Names" }
  | {
    readonly _tag: "Open"
    readonly name: SessionName
    readonly dir: string | undefined
    /** Instead of the shell; never empty. */
    readonly command: ReadonlyArray<string> | undefined
    /** Create without attaching. */
    readonly detached: boolean
  }
  | { readonly _tag: "Watch"; readonly name: SessionName }
  | { readonly _tag: "Kill"; readonly names: ReadonlyArray<SessionName> }
  | { readonly _tag: "Detach"; readonly name: SessionName | undefined }
  | {
    readonly _tag: "Exec"
    readonly name: SessionName
    readonly dir: string | undefined
    /** Never empty. */
    readonly command: ReadonlyArray<string>
    /** The output follows on standard output, at the end. */
    readonly print: boolean
    /** The session outlives the command. */
    readonly keep: boolean
  }
  | { readonly _tag: "History"; readonly name: SessionName; readonly ansi: boolean }
  | {
    readonly _tag: "Send"
    readonly name: SessionName
    /** Undefined: what standard input brings. */
    readonly text: string | undefined
    /** Followed by the Enter key. */
    readonly enter: boolean
  }
  | { readonly _tag: "Wait"; readonly name: SessionName }
  | { readonly _tag: "Export" }
  /** Undefined or "-": standard input. */
  | { readonly _tag: "Import"; readonly file: string | undefined }
  | { readonly _tag: "Completions"; readonly shell: Shell }
  /** Never empty. */
  | { readonly _tag: "Deploy"; readonly hosts: ReadonlyArray<HostName> }
  | { readonly _tag: "Upgrade" }

/** The command line is wrong: says how, and what the right form is. */
export class UsageError extends Schema.TaggedError<UsageError>()("UsageError", {
  problem: Schema.String,
  form: Schema.String
}) {
  override get message() {
    return this.problem
  }
}

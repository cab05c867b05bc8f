import * as Schema from "effect/Schema"
import type { HostName } from "../../schema/HostName.ts"
import type { SessionName } from "../../schema/SessionName.ts"

/** Shells that completions are written for. */
export const SHELLS = ["bash", "zsh", "fish"] as const
export type Shell = typeof SHELLS[number]

/** Where it is to be done: on that host; missing: here, or wherever the session is. */
interface Somewhere {
  readonly host?: HostName
}

/** What a command line asks for. */
export type Request =
  | { readonly _tag: "Help" }
  | { readonly _tag: "Version" }
  | Somewhere & { readonly _tag: "List"; readonly json: boolean }
  /** With a host: those that it had when it was asked last. */
  | Somewhere & { readonly _tag: "Names" }
  | { readonly _tag: "Hosts" }
  | Somewhere & {
    readonly _tag: "Open"
    readonly name: SessionName
    readonly dir: string | undefined
    /** Instead of the shell; never empty. */
    readonly command: ReadonlyArray<string> | undefined
    /** Create without attaching. */
    readonly detached: boolean
  }
  | Somewhere & { readonly _tag: "Watch"; readonly name: SessionName }
  | Somewhere & { readonly _tag: "Kill"; readonly names: ReadonlyArray<SessionName> }
  /** Undefined: the session it is called in, which is here. */
  | Somewhere & { readonly _tag: "Detach"; readonly name: SessionName | undefined }
  | Somewhere & {
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
  | Somewhere & { readonly _tag: "History"; readonly name: SessionName; readonly ansi: boolean }
  | Somewhere & {
    readonly _tag: "Send"
    readonly name: SessionName
    /** Undefined: what standard input brings. */
    readonly text: string | undefined
    /** Followed by the Enter key. */
    readonly enter: boolean
  }
  | Somewhere & { readonly _tag: "Wait"; readonly name: SessionName }
  | { readonly _tag: "Export" }
  /** Undefined or "-": standard input. */
  | { readonly _tag: "Import"; readonly file: string | undefined }
  | { readonly _tag: "Completions"; readonly shell: Shell }
  | { readonly _tag: "Serve" }
  | { readonly _tag: "Bridge"; readonly name: SessionName }
  /** Never empty. */
  | { readonly _tag: "Deploy"; readonly hosts: ReadonlyArray<HostName> }
  | { readonly _tag: "Upgrade" }

/** The requests of one kind. */
export type Ask<Tag extends Request["_tag"]> = Extract<Request, { readonly _tag: Tag }>

/** The command line is wrong: says how, and what the right form is. */
export class UsageError extends Schema.TaggedError<UsageError>()("UsageError", {
  problem: Schema.String,
  form: Schema.String
}) {
  override get message() {
    return this.problem
  }
}

/** What may be said together: each request with its form, its operands and the options that go with it. */
import { forms } from "./help.ts"

/** Options that only some requests take, as they are written. */
export const OPTIONS = {
  json: "--json",
  noAttach: "-d",
  print: "--print",
  keep: "--keep",
  dir: "-C",
  ansi: "--ansi",
  enter: "--enter"
} as const
export type Option = keyof typeof OPTIONS

/** What an operand is. A shell offers what there is of it; of new names and of text there is nothing. */
export type Operand = "session" | "new name" | "directory" | "file" | "shell" | "text" | "host"

export interface Verb {
  readonly form: string
  /** Operands: at least and at most so many. */
  readonly operands: readonly [least: number, most: number]
  /** What the first operand is called when it is missing; a session's name unless said. */
  readonly operand?: string
  /** The operands in their order; the last goes for all that follow. */
  readonly takes: ReadonlyArray<Operand>
  readonly options?: ReadonlyArray<Option>
  /** A command, or text where operands are text, may or must follow `--`. */
  readonly command?: "may" | "must"
  /** Can be done on another host: `@host` may come before the operands. */
  readonly there?: true
  /** For completions, and for sesh on other machines; not for people. */
  readonly hidden?: true
}

/** `list` and `open` have no flag of their own. */
export const verbs = {
  list: { form: forms.list, operands: [0, 0], takes: [], options: ["json"], there: true },
  open: {
    form: forms.open,
    operands: [1, 2],
    takes: ["session", "directory"],
    options: ["noAttach"],
    command: "may",
    there: true
  },
  help: { form: forms.help, operands: [0, 0], takes: [] },
  version: { form: forms.version, operands: [0, 0], takes: [] },
  names: { form: forms.help, operands: [0, 0], takes: [], there: true, hidden: true },
  hosts: { form: forms.help, operands: [0, 0], takes: [], hidden: true },
  watch: { form: forms.watch, operands: [1, 1], takes: ["session"], there: true },
  detach: { form: forms.detach, operands: [0, 1], takes: ["session"], there: true },
  kill: { form: forms.kill, operands: [1, Infinity], takes: ["session"], there: true },
  exec: {
    form: forms.exec,
    operands: [1, 1],
    takes: ["new name"],
    options: ["print", "keep", "dir"],
    command: "must",
    there: true
  },
  history: { form: forms.history, operands: [1, 1], takes: ["session"], options: ["ansi"], there: true },
  send: {
    form: forms.send,
    operands: [1, Infinity],
    takes: ["session", "text"],
    options: ["enter"],
    command: "may",
    there: true
  },
  wait: { form: forms.wait, operands: [1, 1], takes: ["session"], there: true },
  export: { form: forms.export, operands: [0, 0], takes: [] },
  import: { form: forms.import, operands: [0, 1], takes: ["file"] },
  completions: { form: forms.completions, operands: [1, 1], takes: ["shell"], operand: "shell" },
  serve: { form: forms.help, operands: [0, 0], takes: [], hidden: true },
  bridge: { form: forms.help, operands: [1, 1], takes: ["session"], hidden: true },
  deploy: { form: forms.deploy, operands: [1, Infinity], takes: ["host"], operand: "host" },
  upgrade: { form: forms.upgrade, operands: [0, 0], takes: [] }
} as const satisfies Record<string, Verb>

export type VerbName = keyof typeof verbs

/** Those that are asked for by a flag of their name. */
export const flagged = (Object.keys(verbs) as ReadonlyArray<VerbName>).filter((name): name is Flagged =>
  name !== "list" && name !== "open"
)
export type Flagged = Exclude<VerbName, "list" | "open">

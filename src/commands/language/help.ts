/** What sesh says of itself. Completions and the manual page are made of it too. */

/** The right form of each request, as usage errors and the help show it. */
export const forms = {
  list: "sesh [--json]",
  open: "sesh <name> [dir] [-d] [-- <command> [args...]]",
  watch: "sesh --watch <name>",
  detach: "sesh --detach [name]",
  kill: "sesh --kill <name>...",
  exec: "sesh --exec <name> [--print] [--keep] [-C <dir>] -- <command> [args...]",
  history: "sesh --history <name> [--ansi]",
  send: "sesh --send <name> [text...] [--enter]",
  wait: "sesh --wait <name>",
  host: "sesh @<host> ...",
  export: "sesh --export",
  import: "sesh --import [file]",
  completions: "sesh --completions bash|zsh|fish",
  deploy: "sesh --deploy @<host>...",
  upgrade: "sesh --upgrade",
  help: "sesh --help",
  version: "sesh --version"
} as const
export type FormName = keyof typeof forms

/** A form, or an option of it, and what it does, in a line. */
export interface Explained {
  readonly form: string
  readonly meaning: string
}

/** A form with the options that only some forms take. */
export interface ExplainedForm extends Explained {
  readonly name: FormName
  /** Another way to write it. */
  readonly alias?: string
  readonly options: ReadonlyArray<Explained>
}

export const options = {
  json: { form: "--json", meaning: "as JSON, for programs" },
  noAttach: { form: "-d", meaning: "create only, without attaching" },
  print: { form: "--print", meaning: "print the command's output at its end" },
  keep: { form: "--keep", meaning: "keep the session, with a shell, after that" },
  dir: { form: "-C <dir>", meaning: "run the command in this directory" },
  ansi: { form: "--ansi", meaning: "with colours and attributes" },
  enter: { form: "--enter", meaning: "press Enter at the end" }
} as const satisfies Record<string, Explained>

const explained = (
  name: FormName,
  meaning: string,
  { alias, options = [] }: { readonly alias?: string; readonly options?: ReadonlyArray<Explained> } = {}
): ExplainedForm => ({ name, form: forms[name], meaning, options, ...(alias === undefined ? {} : { alias }) })

/** All there is, in groups with a heading. */
export const groups: ReadonlyArray<readonly [heading: string, forms: ReadonlyArray<ExplainedForm>]> = [
  ["Sessions", [
    explained("list", "list sessions, here and on the hosts that sesh knows", { options: [options.json] }),
    explained("open", "create a session, or attach to it", { options: [options.noAttach] }),
    explained("watch", "attach read-only"),
    explained("detach", "detach the clients of a session (this one by default)"),
    explained("kill", "end sessions and what runs in them")
  ]],
  ["In scripts", [
    explained("exec", "run a command in a new session, exit with its status", {
      options: [options.print, options.keep, options.dir]
    }),
    explained("history", "print what a session has shown, as text", { options: [options.ansi] }),
    explained("send", "type text, or what standard input brings, into a session", { options: [options.enter] }),
    explained("wait", "wait for a session's end, exit as it did")
  ]],
  ["On other hosts", [
    explained("host", "any of the above, there: sesh @web, sesh @web dev, sesh --kill @web dev"),
    explained("deploy", "put this sesh on a host"),
    explained("upgrade", "put this sesh on all known hosts that have an older one")
  ]],
  ["Layout and setup", [
    explained("export", "print the sessions, for --import"),
    explained("import", "create the missing sessions of an export"),
    explained("completions", "print what makes a shell complete sesh"),
    explained("help", "print a short help", { alias: "-h" }),
    explained("version", "print the version", { alias: "-V" })
  ]]
]

export const environment: ReadonlyArray<readonly [name: string, meaning: string]> = [
  ["SESH_DIR", "where sockets and state are, ~/.sesh by default"],
  ["SESH_DETACH_KEY", "the key that detaches: ^\\ (the default), ^a, ... or none"],
  ["SESH_EVENT_LOG", "a file to which what happens is appended, as lines of JSON"],
  ["SESH_NO_SYNC", "1: bring no files to a host"],
  ["SESH_SCROLLBACK", "lines of history that a new session keeps, 5000 by default; 0: raw bytes only"],
  ["SESH_SSH", "openssh, the ssh on the PATH, or ssh2, sesh's own; by default ssh if there is one"],
  ["SESH_NPM_PACKAGE", "what --deploy has npm install on a host, sesh-sessions by default"],
  ["SESH_NPM_REGISTRY", "where npm gets it from; its own configuration says by default"],
  ["SESH_SESSION", "set in a session: its name"]
]

export const statuses: ReadonlyArray<readonly [status: string, meaning: string]> = [
  ["0", "done; detached"],
  ["1", "it did not work: no such session, host unreachable, ..."],
  ["2", "wrong usage"],
  ["125", "--exec: sesh itself failed"],
  ["126", "--exec: the command cannot be run"],
  ["127", "--exec: there is no such command"],
  ["255", "the session's process is gone, or the connection to its host is lost"],
  [
    "other",
    "the session ended while attached, or with --exec and --wait: the status of its shell or command, 128 + n for signal n"
  ]
]

export const about = "sesh keeps named shell sessions alive: create one, walk away, come back."

const notes = [
  "A session that is not here is looked for on the hosts that sesh knows: those where it worked before.",
  "Ctrl-\\ detaches from a session, sesh <name> attaches again. A session runs $SHELL, or the command after --, in [dir] or here.",
  "A name has letters, digits, \".\", \"-\" and \"_\", 64 at the most."
]

/** Help is read in a terminal of this size, most of the time. */
const COLUMNS = 80

/** Lines no longer than `width`, if words let them. */
const wrapped = (text: string, width: number): ReadonlyArray<string> => {
  const lines: Array<string> = []
  for (const word of text.split(" ")) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}

/** A row of two columns, the second one wrapped; what is too long for the first has the second below it. */
const row = (left: string, right: string, column: number): string => {
  const [first, ...more] = wrapped(right, COLUMNS - column).map((line) => " ".repeat(column) + line)
  const lines = left.length + 2 <= column ? [left + first!.slice(left.length), ...more] : [left, first, ...more]
  return lines.join("\n")
}

/** Where what a form does is written: behind the longest of those that have little to say. */
const FORM_COLUMN = 36

const formRows = ({ alias, form, meaning, options }: ExplainedForm): ReadonlyArray<string> => [
  row(`  ${form}${alias === undefined ? "" : `, ${alias}`}`, meaning, FORM_COLUMN),
  ...options.map((option) => row(`    ${option.form}`, option.meaning, FORM_COLUMN))
]

const rows = (all: ReadonlyArray<readonly [left: string, right: string]>): string => {
  const column = Math.max(...all.map(([left]) => left.length)) + 4
  return all.map(([left, right]) => row(`  ${left}`, right, column)).join("\n")
}

/** What `sesh --help` prints. */
export const help = `${about}

${groups.map(([heading, forms]) => `${heading}\n${forms.flatMap(formRows).join("\n")}`).join("\n\n")}

${notes.map((note) => wrapped(note, COLUMNS).join("\n")).join("\n")}

Environment
${rows(environment)}

Exit status
${rows(statuses)}`

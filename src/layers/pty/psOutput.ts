/**
 * What ps(1) and lsof(8) of macOS are asked, and what they answer. Linux's ps and lsof answer the same to these
 * arguments. Pure.
 */

/** ps takes the terminal's name without /dev/: `ttys003`. */
export const terminalName = (device: string): string => device.replace(/^\/dev\//, "")

/** A list of columns without headers. Each has an option of its own: in some ps all after a "=" is a header. */
const columns = (...names: ReadonlyArray<string>): ReadonlyArray<string> => names.flatMap((name) => ["-o", `${name}=`])

/** What distinguishes a process from a later one of the same pid, and a dead one from a living. */
export interface ProcessStart {
  readonly pid: number
  /** Its controlling terminal; `??` when it has none. */
  readonly terminal: string
  readonly isZombie: boolean
  /** When it started, to the second. */
  readonly start: string
}

/** The processes on a terminal, and those with certain pids. A selection must not be empty: ps would take another. */
export const startArguments = (terminal: string | undefined, pids: ReadonlyArray<number>): ReadonlyArray<string> => [
  ...(terminal === undefined ? [] : ["-t", terminal]),
  ...(pids.length === 0 ? [] : ["-p", pids.join(",")]),
  ...columns("pid", "tty", "stat", "lstart")
]

const linesOf = (text: string): ReadonlyArray<string> => text.split("\n")

/** A state of ps(1): `Z`, `Z+`. */
const isZombie = (state: string): boolean => state.startsWith("Z")

export const readStarts = (text: string): ReadonlyArray<ProcessStart> =>
  linesOf(text).flatMap((line) => {
    const [, pid, terminal, state, start] = /^ *(\d+) +(\S+) +(\S+) +(\S.*?) *$/.exec(line) ?? []
    return pid === undefined ? [] : [{
      pid: Number(pid),
      terminal: terminal!,
      isZombie: isZombie(state!),
      start: start!
    }]
  })

export const groupArguments = (terminal: string): ReadonlyArray<string> => [
  "-t",
  terminal,
  ...columns("pid", "pgid", "tpgid", "stat")
]

/**
 * The leader of the terminal's foreground group, or another of its processes: a pipeline's first program may have
 * ended. Undefined: it has none. `text` answers {@link groupArguments}.
 */
export const readForegroundPid = (text: string): number | undefined => {
  const inForeground = linesOf(text).flatMap((line) => {
    const [, pid, group, foreground, state] = /^ *(\d+) +(\d+) +(-?\d+) +(\S+) *$/.exec(line) ?? []
    return pid !== undefined && group === foreground && !isZombie(state!) ? [{ pid: Number(pid), group }] : []
  })
  return (inForeground.find(({ group, pid }) => String(pid) === group) ?? inForeground[0])?.pid
}

/** `-ww`: the whole line. */
export const commandArguments = (
  pid: number
): ReadonlyArray<string> => ["-ww", "-p", String(pid), ...columns("command")]

/** Undefined: there is no such process any more. */
export const readCommandLine = (text: string): string | undefined => text.replace(/\n[^]*$/, "").trim() || undefined

/** `-F0fn`: descriptors and names, each with a NUL after it. `-w`: no warnings. `-n`, `-P`: nothing to look up. */
export const cwdArguments = (
  pid: number
): ReadonlyArray<string> => ["-w", "-n", "-P", "-a", "-d", "cwd", "-p", String(pid), "-F0fn"]

/** What lsof(8), OUTPUT, has in place of some characters that are not printable. */
const ESCAPES: Readonly<Record<string, string>> = { b: "\b", f: "\f", n: "\n", r: "\r", t: "\t", "\\": "\\" }

/**
 * lsof before 4.95, so macOS', does not escape a backslash itself: `\x41` is no escape, as an A is printable. One
 * character a byte.
 */
const unescaped = (name: string): string =>
  Buffer.from(
    name.replaceAll(/\\(?:x([0-9a-f]{2})|([bfnrt\\]))/g, (all, hex, letter) => {
      if (letter !== undefined) return ESCAPES[letter]!
      const code = Number.parseInt(hex, 16)
      return code < 0x20 || code >= 0x7f ? String.fromCharCode(code) : all
    }),
    "latin1"
  ).toString("utf8")

/**
 * The absolute path that lsof names after `fcwd`; undefined where it names none, or a remark in its place. `text` has
 * one character a byte.
 */
export const readCwd = (text: string): string | undefined => {
  const fields = text.split(/\0\n?/)
  const at = fields.indexOf("fcwd")
  const name = at === -1 ? undefined : fields.slice(at + 1).find((field) => /^[fpn]/.test(field))
  if (name === undefined || !name.startsWith("n/")) return undefined
  // "/proc/1/cwd (readlink: Permission denied)", "/x (stat: ...)", "/x (deleted)"
  return / \((?:readlink|stat|lstat|deleted)\b[^)]*\)$/.test(name) ? undefined : unescaped(name.slice(1))
}

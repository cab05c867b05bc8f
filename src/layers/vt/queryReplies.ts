/** The daemon's own replies to a program's queries, for when no terminal is attached. */
import type { TerminalReport } from "../../services/Scrollback.ts"
import { oscText, parseCsi } from "./sequence.ts"

/** A query that the daemon can reply to. */
export interface Query {
  /** What it asks for: the key under which a terminal's reply is remembered. */
  readonly kind: string
  /** The daemon's reply, where none is remembered. */
  readonly reply: string
}

/** The terminal's state; called only for queries about it. */
export type Report = () => TerminalReport

const ST = "\x1b\\"

/** A VT220 with colours: what a program needs to know to use them (xterm ctlseqs, DA1). */
const DA1 = "\x1b[?62;22c"
const DA2 = "\x1b[>1;10;0c"

const FOREGROUND = "rgb:d0d0/d0d0/d0d0"
const BACKGROUND = "rgb:0000/0000/0000"

/** xterm's sixteen (XTerm-col.ad), then its cube and its greys (256colres.pl). */
const SIXTEEN = [
  "000000",
  "cd0000",
  "00cd00",
  "cdcd00",
  "0000ee",
  "cd00cd",
  "00cdcd",
  "e5e5e5",
  "7f7f7f",
  "ff0000",
  "00ff00",
  "ffff00",
  "5c5cff",
  "ff00ff",
  "00ffff",
  "ffffff"
]

const rgb = (red: number, green: number, blue: number): string =>
  `rgb:${[red, green, blue].map((value) => value.toString(16).padStart(2, "0").repeat(2)).join("/")}`

const indexed = (index: number): string => {
  if (index < 16) {
    const value = Number.parseInt(SIXTEEN[index]!, 16)
    return rgb(value >> 16, value >> 8 & 0xff, value & 0xff)
  }
  if (index >= 232) return rgb(8 + (index - 232) * 10, 8 + (index - 232) * 10, 8 + (index - 232) * 10)
  const level = (value: number) => value === 0 ? 0 : 55 + 40 * value
  const cube = index - 16
  return rgb(level(Math.floor(cube / 36)), level(Math.floor(cube / 6) % 6), level(cube % 6))
}

/** A colour that a program has set, as terminals report it (`rgb:rrrr/gggg/bbbb`). Undefined for colour names. */
const reported = (colour: string | undefined): string | undefined => {
  if (colour === undefined) return undefined
  if (/^rgb:[0-9a-f]{4}\/[0-9a-f]{4}\/[0-9a-f]{4}$/i.test(colour)) return colour
  const [, red, green, blue] = /^(?:#|rgb:)([0-9a-f]{2})\/?([0-9a-f]{2})\/?([0-9a-f]{2})$/i.exec(colour) ?? []
  return red === undefined ? undefined : `rgb:${[red, green!, blue!].map((value) => value.repeat(2)).join("/")}`
}

/**
 * Modes that the daemon does not answer for: graphemes, reports of the theme and of the size. A terminal that attaches
 * later may not have them.
 */
const UNCERTAIN = new Set([2027, 2031, 2048])

const modeReply = (mode: number, kind: "private" | "ansi", report: Report): string => {
  const on = kind === "private" && UNCERTAIN.has(mode) ? undefined : report().mode(mode, kind)
  return `\x1b[${kind === "private" ? "?" : ""}${mode};${on === undefined ? 0 : on ? 1 : 2}$y`
}

const csiReply = (bytes: Buffer, from: number, to: number, report: Report): Query | undefined => {
  const csi = parseCsi(bytes, from, to)
  if (csi === undefined) return undefined
  const first = csi.params[0] ?? -1
  const position = () => `${report().cursor.row + 1};${report().cursor.column + 1}`
  switch (csi.prefix << 16 | csi.intermediate << 8 | csi.final) {
    case 0x63:
      return first > 0 ? undefined : { kind: "DA1", reply: DA1 }
    case 0x3e0063:
      return first > 0 ? undefined : { kind: "DA2", reply: DA2 }
    case 0x3d0063:
      return first > 0 ? undefined : { kind: "DA3", reply: `\x1bP!|00000000${ST}` }
    case 0x3e0071:
      return { kind: "XTVERSION", reply: `\x1bP>|sesh${ST}` }
    case 0x6e:
      if (first === 5) return { kind: "DSR", reply: "\x1b[0n" }
      return first === 6 ? { kind: "CPR", reply: `\x1b[${position()}R` } : undefined
    case 0x3f006e:
      return first === 6 ? { kind: "CPR", reply: `\x1b[?${position()};1R` } : privateStatus(first)
    case 0x2470:
      return { kind: "DECRQM", reply: modeReply(Math.max(0, first), "ansi", report) }
    case 0x3f2470:
      return { kind: "DECRQM", reply: modeReply(Math.max(0, first), "private", report) }
    case 0x78:
      return first > 1 ? undefined : { kind: "DECREQTPARM", reply: `\x1b[${first === 1 ? 3 : 2};1;1;128;128;1;0x` }
    case 0x3f0075:
      return { kind: "keyboard", reply: `\x1b[?${report().keyboard}u` }
    case 0x3f006d:
      return first === 4 ? { kind: "keys", reply: `\x1b[>4;${report().otherKeys}m` } : undefined
    case 0x2a79:
      return { kind: "DECRQCRA", reply: `\x1bP${Math.max(0, first)}!~0000${ST}` }
    case 0x74:
      if (first === 11) return { kind: "window", reply: "\x1b[1t" }
      if (first === 13) return { kind: "window", reply: "\x1b[3;0;0t" }
      if (first === 18) return { kind: "window", reply: `\x1b[8;${report().size.rows};${report().size.cols}t` }
      if (first === 19) return { kind: "window", reply: `\x1b[9;${report().size.rows};${report().size.cols}t` }
      // The title stays empty, as in many terminals: typed back, it could be a command.
      if (first === 20) return { kind: "window", reply: `\x1b]L${ST}` }
      return first === 21 ? { kind: "window", reply: `\x1b]l${ST}` } : undefined
    default:
      return undefined
  }
}

/** DSR with `?`: printer, user keys, keyboard, locator, colour scheme (xterm ctlseqs; contour for 996). */
const privateStatus = (what: number): Query | undefined => {
  const replies: Record<number, string> = {
    15: "\x1b[?13n",
    25: "\x1b[?21n",
    26: "\x1b[?27;1;0;0n",
    53: "\x1b[?50n",
    55: "\x1b[?50n",
    56: "\x1b[?57;0n",
    996: "\x1b[?997;1n"
  }
  const reply = replies[what]
  return reply === undefined ? undefined : { kind: `DSR?${what}`, reply }
}

/** Longest beginning of a sequence in which queries are replied to: more than one for each colour. */
const REPLIED_BYTES = 4096

const oscReplies = (text: string, terminator: string, report: Report): Array<Query> => {
  const [code = "", ...values] = text.split(";")
  const replies: Array<Query> = []
  const add = (key: string, fallback: string) => {
    const colour = reported(report().colour(key)) ?? fallback
    replies.push({ kind: `OSC ${key}`, reply: `\x1b]${key};${colour}${terminator}` })
  }
  if (code === "4") {
    for (let at = 0; at + 1 < values.length; at += 2) {
      const index = Number(values[at])
      if (values[at + 1] === "?" && Number.isInteger(index) && index >= 0 && index < 256) {
        add(`4;${index}`, indexed(index))
      }
    }
  } else if (code === "10" || code === "11" || code === "12") {
    // Further values are for the codes that follow.
    for (const [offset, value] of values.entries()) {
      const key = Number(code) + offset
      if (value === "?" && key <= 12) add(String(key), key === 11 ? BACKGROUND : FOREGROUND)
    }
  }
  return replies
}

const dcsReply = (text: string, report: Report): Query | undefined => {
  if (/^[0-9;]*\+q/.test(text)) return { kind: "XTGETTCAP", reply: `\x1bP0+r${ST}` }
  const [, what] = /^[0-9;]*\$q(.*)$/.exec(text) ?? []
  if (what === undefined) return undefined
  if (what === " q") return { kind: "DECRQSS", reply: `\x1bP1$r${report().cursorShape} q${ST}` }
  return { kind: "DECRQSS", reply: `\x1bP0$r${ST}` }
}

/** The queries in a sequence, with their replies; empty for a query that a terminal may ignore. */
export const repliesTo = (bytes: Buffer, from: number, to: number, report: Report): ReadonlyArray<Query> => {
  const one = (query: Query | undefined) => query === undefined ? [] : [query]
  switch (bytes[from + 1]) {
    case 0x5a:
      return [{ kind: "DA1", reply: DA1 }]
    case 0x5b:
      return one(csiReply(bytes, from, to, report))
    case 0x5d:
      return oscReplies(
        oscText(bytes, from, Math.min(to, from + REPLIED_BYTES)),
        bytes[to - 1] === 0x07 ? "\x07" : ST,
        report
      )
    case 0x50:
      return one(dcsReply(bytes.toString("latin1", from + 2, Math.min(to, from + REPLIED_BYTES)), report))
    default:
      return []
  }
}

/** The kind of query that a typed sequence replies to. */
export const repliedKind = (bytes: Buffer, from: number, to: number): string | undefined => {
  const text = bytes.toString("latin1", from + 1, Math.min(to, from + 256))
  if (/^\[\?[0-9;]*c$/.test(text)) return "DA1"
  if (/^\[>[0-9;]*c$/.test(text)) return "DA2"
  if (/^\[\??[0-9]+;[0-9]+(;[0-9]+)?R$/.test(text)) return "CPR"
  if (/^\[[03]n$/.test(text)) return "DSR"
  if (/^\[\?997;[12]n$/.test(text)) return "DSR?996"
  if (/^\[\??[0-9]+;[0-9]\$y$/.test(text)) return "DECRQM"
  if (/^\[\?[0-9]+u$/.test(text)) return "keyboard"
  if (/^\[>4;[0-9]+m$/.test(text)) return "keys"
  if (/^\[(?:[12]|3;[0-9]+;[0-9]+|[4689];[0-9]+;[0-9]+)t$/.test(text) || /^\][lL]/.test(text)) return "window"
  if (/^\[[23];[0-9;]+x$/.test(text)) return "DECREQTPARM"
  if (/^P[0-9]+!~/.test(text)) return "DECRQCRA"
  if (text.startsWith("P!|")) return "DA3"
  if (text.startsWith("P>|")) return "XTVERSION"
  if (/^P[01]\$r/.test(text)) return "DECRQSS"
  if (/^P[01]\+r/.test(text)) return "XTGETTCAP"
  const [, colour] = /^\](4;[0-9]+|1[012]);rgba?:/.exec(text) ?? []
  return colour === undefined ? undefined : `OSC ${colour}`
}

/** Replies that describe a terminal, and stay true when it has gone. */
export const isLasting = (kind: string): boolean =>
  kind === "DA1" || kind === "DA2" || kind === "XTVERSION" || kind === "DSR?996" || kind.startsWith("OSC ")

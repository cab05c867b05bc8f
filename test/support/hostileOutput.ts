/** Output that asks for all that a terminal can be asked for, and for more of it than there is, from a seed. */
import type { Size } from "../../src/schema/Session.ts"
import { random, torture } from "./torture.ts"

/** Final bytes of control sequences. */
const FINALS = [..."@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~"]
const INTERMEDIATES = ["", "", "", "", " ", "!", "\"", "$", "'", "*", "+", "#", "&", "$ "]
const PREFIXES = ["", "", "", "?", ">", "=", "<"]
const INTRODUCERS = ["\x1b]", "\x1bP", "\x1bX", "\x1b^", "\x1b_"]

/** Numbers around the limits that implementations have. */
const NUMBERS = [
  ...["", "0", "1", "2", "23", "24", "25", "79", "80", "81", "200", "255", "256", "500", "4096", "9999", "65535"],
  ...["65536", "999999", "16777216", "999999999", "2147483647", "2147483648", "4294967295", "4294967296"],
  ...["9007199254740993", "9223372036854775807", "9223372036854775808", "99999999999999999999999999", "007", "-1"]
]

/** What asks for many rows by a few bytes. */
const HEAVY = [
  ...["\x1b[2J", "\x1b[J", "\x1b[1J", "\x1b#8", "\x1bc", "\x1bM", "\x1b[999S", "\x1b[999T", "\x1b[24S", "\x1b[24L"],
  ...[
    "\x1b[999L",
    "\x1b[999M",
    "\x1b[24M",
    "x\x1b[999999b",
    "\x1b[ @",
    "\x1b[9 A",
    "\x1b['}",
    "\x1b[9'~",
    "\n",
    "\x1bD"
  ],
  ...["\x1b[?1049h\x1b[?1049l", "\x1b[?47h", "\x1b[?47l", "\x1b[999I", "\x1b[999Z", "\x1b[@", "\x1b[P", "\x1b[999X"],
  ...[
    "\x1b[3J",
    "\x1b[!p",
    "\x1b[2;9r",
    "\x1b[r",
    "\x1b[4h",
    "\x1b[4l",
    "\u009b2J",
    "\u009b999S",
    "\x1b[H",
    "\x1b[99;99H"
  ],
  ...[
    "\x1b[8;50;132t",
    "\x1b[?3h",
    "\x1b[?3l",
    "\x1b[?J",
    "\x1b[1$}",
    "\x1b[65;1;1;99;99$x",
    "\x1b[1;1;99;99$z",
    "\x1b8"
  ]
]

const QUERIES = [
  ...[
    "\x1b[c",
    "\x1b[>c",
    "\x1b[=c",
    "\x1b[6n",
    "\x1b[?6n",
    "\x1b[5n",
    "\x1b[?1$p",
    "\x1b[4$p",
    "\x1bZ",
    "\x05",
    "\x1b[x"
  ],
  ...[
    "\x1b[>q",
    "\x1b[?u",
    "\x1b[?4m",
    "\x1b[18t",
    "\x1b[21t",
    "\x1b]10;?\x07",
    "\x1b]11;?;?;?\x1b\\",
    "\x1b]52;c;?\x07"
  ],
  ...[
    "\x1bP$qm\x1b\\",
    "\x1bP$q q\x1b\\",
    "\x1bP+q544e\x1b\\",
    "\x1b_Ga=q;AAAA\x1b\\",
    "\x1b[1;1;1;9;9*y",
    "\x1b[?996n"
  ]
]

/** Kinds of hostile output by name; each makes some more of itself. */
const kinds = (seed: number, { cols, rows }: Size) => {
  const next = random(seed)
  const n = (most: number) => 1 + Math.floor(next() * most)
  const pick = <T>(items: ReadonlyArray<T>): T => items[Math.floor(next() * items.length)]!
  const number = () => next() < 0.5 ? pick(NUMBERS) : String(n(2 ** pick([4, 8, 16, 31, 53])))
  const many = (count: number, one: () => string) => Array.from({ length: count }, one).join("")
  const end = () => pick(["\x07", "\x1b\\", "\x1b\\", "\x18", "\x9c", ""])
  const uri = (most: number) => `http://host/${"p".repeat(n(most))}/${n(1e9)}`
  return {
    counts: () => {
      const params = () => many(pick([0, 1, 1, 2, 3, 40]), () => `${number()}${pick([";", ";", ":"])}`) + number()
      return many(
        200,
        () => `${pick(["", "x", "e\u0301"])}\x1b[${pick(PREFIXES)}${params()}${pick(INTERMEDIATES)}${pick(FINALS)}`
      )
    },
    parameters: () => `\x1b[${many(n(20_000), () => `${number()}${pick([";", ":"])}`)}${pick([..."mhlHrJ"])}`,
    heavy: () => many(n(2000), () => pick(HEAVY)),
    one: () => pick(HEAVY).repeat(n(5000)),
    marks: () =>
      `${pick(["e", "漢", " ", "👩"])}${
        pick(["\u0301", "\u20e3", "\u200d", "\u{e0101}", "\ufe0f"]).repeat(n(100_000))
      }`,
    clusters: () =>
      many(
        2000,
        () => `${pick(["👩", "e", "🇩", "क"])}${pick(["\u200d👩", "\u0301", "🇪", "\u094d\u0937"]).repeat(n(30))}`
      ),
    strings: () =>
      `${pick(INTRODUCERS)}${pick(["0;", "2;", "8;;", "52;c;", "4;", "1337;File=:", "$q", "q", "Gi=1;", ""])}${
        pick(["x", "?;", "ab;", "é", "0;?;1;?;"]).repeat(n(300_000))
      }${end()}`,
    links: () =>
      many(
        2000,
        () =>
          `\x1b]8;${pick(["", "", `id=${n(99)}`])};${uri(80)}${pick(["\x07", "\x1b\\"])}${
            pick(["x", "\r\n", "name\t"])
          }\x1b]8;;\x07`
      ),
    redraws: () =>
      many(
        2000,
        () => `\x1b[${n(rows)};${n(cols)}H\x1b]8;;${pick(["http://same", uri(2000)])}\x1b\\link\x1b]8;;\x1b\\`
      ),
    queries: () => many(2000, () => pick(QUERIES)),
    colours: () =>
      `\x1b]4;${many(n(20_000), () => `${n(300)};${pick(["?", "#123456"])};`)}\x07\x1b]104;${
        "1;2;3;".repeat(n(600))
      }\x07`,
    titles: () =>
      many(50, () => `\x1b]${pick(["0", "1", "2"])};${"title ".repeat(n(20_000))}\x07\x1b[${pick(["22", "23"])};0t`),
    pens: () =>
      many(5000, () => `\x1b[${pick(["38", "48", "58"])};2;${n(255)};${n(255)};${n(255)}m${pick(["4:3", "9", "21"])}X`),
    images: () =>
      `\x1bPq${"#1~~@@vv".repeat(n(100_000))}\x1b\\\x1b]1337;File=inline=1:${"QUJD".repeat(n(100_000))}\x07`,
    lines: () => many(n(5000), () => pick(["", "y", "text ".repeat(n(30)), "\x1b[31mred"]) + pick(["\r\n", "\n"])),
    long: () => pick([" ", "x", "漢", "\t", "\b", "\x00"]).repeat(n(400_000)),
    bytes: () => many(20_000, () => String.fromCharCode(Math.floor(next() * 256))),
    torture: () => torture(n(1e9), 20_000, cols, rows).toString()
  }
}

export type Kind = keyof ReturnType<typeof kinds>

export const KINDS = Object.keys(kinds(1, { cols: 80, rows: 24 })) as ReadonlyArray<Kind>

/** Some output of one kind. */
export const hostile = (kind: Kind, seed: number, size: Size): Buffer => Buffer.from(kinds(seed, size)[kind]())

/** Output of all kinds, one after the other, without end. */
export function* hostileOutput(seed: number, size: Size): Generator<{ readonly kind: Kind; readonly bytes: Buffer }> {
  const next = random(seed)
  for (let part = 0;; part++) {
    const kind = KINDS[Math.floor(next() * KINDS.length)]!
    yield { kind, bytes: hostile(kind, seed * 1_000_003 + part, size) }
  }
}

/** Streams that no program writes, from a seed. */

/** Mulberry32: small, and the same everywhere. */
export const random = (seed: number): () => number => {
  let state = seed >>> 0
  return () => {
    state = state + 0x6d2b79f5 >>> 0
    let mixed = Math.imul(state ^ state >>> 15, state | 1)
    mixed ^= mixed + Math.imul(mixed ^ mixed >>> 7, mixed | 61)
    return ((mixed ^ mixed >>> 14) >>> 0) / 2 ** 32
  }
}

const WORDS = [
  "plain text",
  "日本語",
  "🇩🇪",
  "👍🏽",
  "e\u0301",
  "│─┐",
  "é",
  "a\u0308\u0323",
  "“q”",
  "👨‍👩‍👧",
  "❤️",
  "ไทย",
  "\t",
  "x".repeat(30),
  "한국",
  " ",
  "\u200b",
  "हिन्दी"
]

/** Random text, control characters and sequences, for a terminal of that size. */
export const torture = (seed: number, length: number, cols: number, rows: number): Buffer => {
  const next = random(seed)
  const pick = <T>(items: ReadonlyArray<T>): T => items[Math.floor(next() * items.length)]!
  const n = (most: number) => 1 + Math.floor(next() * most)
  const sgr = () =>
    pick([
      "0",
      "1",
      "2",
      "3",
      "4",
      "7",
      "9",
      "22",
      "24",
      "27",
      "31",
      "92",
      "44",
      "105",
      "39",
      "49",
      "53",
      "4:3",
      "4:0",
      "21",
      `38;5;${n(255)}`,
      `48;5;${n(15)}`,
      `38;2;${n(255)};0;${n(255)}`,
      `48;2;0;${n(255)};9`,
      "58:5:9",
      "58:2::1:2:3",
      "59"
    ])
  const sequences: ReadonlyArray<() => string> = [
    () => `\x1b[${sgr()}m`,
    () => `\x1b[${sgr()};${sgr()}m`,
    () => "\x1b[m",
    () => `\x1b[${n(rows)};${n(cols)}H`,
    () => `\x1b[${n(5)}${pick([..."ABCDEFGd"])}`,
    () => `\x1b[${pick(["", "0", "1", "2"])}${pick(["J", "K", "K"])}`,
    () => `\x1b[${n(4)}${pick([..."LMPX@ST"])}`,
    () => `\x1b[${n(6)}b`,
    () => pick(["\x1bM", "\x1bD", "\x1bE", "\x1b7", "\x1b8", "\x1b=", "\x1b>", "\x1bH"]),
    () => pick(["\x1b(0", "\x1b(B", "\x0e", "\x0f", "\x1b)0", "\x1b)B", "\x1b(A"]),
    () => {
      const top = n(rows - 2)
      return pick(["\x1b[r", `\x1b[${top};${top + n(rows - top)}r`])
    },
    () =>
      `\x1b[?${pick(["6", "25", "1", "12", "1000", "1002", "1003", "1004", "2004", "66", "2026"])}${
        pick(["h", "l", "l"])
      }`,
    () => pick(["\x1b[?1006h", "\x1b[?1049h\x1b7", "\x1b[?1049l", "\x1b[?47h\x1b7", "\x1b[?47l", "\x1b[?1047l"]),
    // A wide character that does not fit is dropped, yet accents join it (xterm.js): narrow ones only.
    () => `\x1b[?7l${pick(["x", "\u2500"]).repeat(n(cols))}${sgr().length > 3 ? "" : "\b"}\x1b[?7h`,
    () => pick(["\x1b[4h", "\x1b[4l", "\x1b[4l", "\x1b[20h", "\x1b[20l"]),
    () => pick(["\x1b[>1u", "\x1b[<u", "\x1b[=5;1u", "\x1b[>4;2m", "\x1b[>4m", `\x1b[${n(6)} q`]),
    () => `\x1b]${pick(["0", "2", "1"])};title ${n(99)}${pick(["\x07", "\x1b\\"])}`,
    () => `\x1b]8;;http://a/b\x1b\\${pick(WORDS)}\x1b]8;;${pick(["\x07", "\x1b\\"])}`,
    () =>
      pick([
        `\x1b]4;${n(9)};#112233\x07`,
        "\x1b]11;rgb:00/11/22\x1b\\",
        "\x1b]104\x07",
        "\x1b]111\x1b\\",
        "\x1b]10;red;blue\x07"
      ]),
    () => pick(["\x1b]7;file://h/tmp\x07", "\x1b[22;0t", "\x1b[23;0t", "\x1b]9;4;1;50\x07", "\x1b]9;4;0\x07"]),
    () => pick(["\x1b[3g", "\x1b[g", "\x1b[I", "\x1b[Z", "\x1b[!p", "\x1b#8", "\x1b[1\"q", "\x1b[0\"q"]),
    () =>
      pick([
        "\x1b[3\x18",
        "\x1b]0;cut\x18",
        "\x1b[1\x0a2H",
        "\x1b\x1b[1m",
        "\x1bPq#0\x1b\\",
        "\x1b_Gx\x1b\\",
        "\x1b]0;half\x1b[3m"
      ])
  ]
  const parts: Array<string> = []
  let size = 0
  while (size < length) {
    const roll = next()
    const part = roll < 0.5
      ? pick(WORDS)
      : roll < 0.62
      ? pick(["\r\n", "\r\n", "\n", "\r", "\b", "\x0b"])
      : roll < 0.7
      ? pick(WORDS).repeat(n(8))
      : pick(sequences)()
    parts.push(part)
    size += Buffer.byteLength(part)
  }
  return Buffer.from(parts.join(""))
}

/** What programs write a lot of, the same in every run. */
import * as fs from "node:fs"

/** Numbers that look random and are always the same (Numerical Recipes' ranqd1). */
const numbers = (): (most: number) => number => {
  let state = 1
  return (most) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor(state / 2 ** 32 * most)
  }
}

const WORDS = [
  "connection",
  "from",
  "cache",
  "miss",
  "user",
  "took",
  "retry",
  "queue",
  "of",
  "done",
  "GET",
  "/api/items"
]

/** Numbered lines of a log, some of them longer than 80 columns. */
const logLine = () => {
  const random = numbers()
  let count = 0
  return () => {
    let line = `${String(++count).padStart(8, "0")} 2026-01-01T12:00:00.${String(random(1000)).padStart(3, "0")}Z`
    for (let words = 2 + random(7); words > 0; words--) line += ` ${WORDS[random(WORDS.length)]}`
    return `${line} ${random(100_000)}`
  }
}

const COLOURS = { d: "01;34", l: "01;36", "-x": "01;32", "-z": "01;31" }

/** What `ls -lR --color` writes: most names plain, the others in a colour, a heading for each directory. */
const lsLine = () => {
  const random = numbers()
  let count = 0
  const name = () => `${WORDS[random(10)]}-${random(10_000)}`
  return () => {
    if (count++ % 24 === 0) return `\n./${name()}/${name()}:\ntotal ${random(9000)}`
    const kind = (["d", "l", "-x", "-z", "-", "-", "-", "-", "-", "-"] as const)[random(10)]!
    const size = String(random(1_000_000)).padStart(7)
    const about = `${kind[0] === "-" ? "-rw-r--r--" : `${kind}rwxr-xr-x`}  1 root root ${size} Jan  1 12:00 `
    if (kind === "-") return about + name()
    return `${about}\x1b[${COLOURS[kind]}m${name()}\x1b[0m${kind === "l" ? ` -> ../${name()}` : ""}`
  }
}

/** A flood: what gives its next line, and how long it is compared to others. */
export interface Content {
  readonly lines: () => () => string
  readonly share: number
}

export const contents: Readonly<Record<string, Content>> = {
  "log lines": { lines: logLine, share: 1 },
  "ls -lR --color": { lines: lsLine, share: 1 },
  // So short a line costs the kernel alone several times as much.
  yes: { lines: () => () => "y", share: 1 / 4 }
}

/** Lines that fill most of a terminal, for its history. */
export const wideLines = (cols: number): () => string => {
  const next = logLine()
  return () => next().padEnd(cols - 5, " filler").slice(0, cols - 5)
}

/** Writes lines to a file. How many bytes a terminal gets for them: CR before each LF. */
export const writeLines = (file: string, bytes: number, next: () => string): number => {
  const fd = fs.openSync(file, "w")
  let terminal = 0
  for (let block = ""; terminal < bytes; block = "") {
    while (block.length < 256 * 1024) block += `${next()}\n`
    fs.writeSync(fd, block)
    terminal += block.length + block.split("\n").length - 1
  }
  fs.closeSync(fd)
  return terminal
}

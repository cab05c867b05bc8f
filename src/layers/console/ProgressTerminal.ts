import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { isatty } from "node:tty"
import { visible } from "../../schema/Text.ts"
import { widthOf } from "../../schema/Width.ts"
import { Caller } from "../../services/Caller.ts"
import { Progress } from "../../services/Progress.ts"
import { cleanAtEnd } from "../system/processEvents.ts"
import { type StatusLine, statusLine } from "./statusLine.ts"
import { sizeOf } from "./ttyStreams.ts"

const STDERR = 2

/** Work that ends before this shows no line: nothing flashes. */
const DELAY_MS = 150

/** Between two changes: faster ones are not readable. */
const BETWEEN_MS = 80

/** The width when the terminal does not report it. */
const COLUMNS = 80

/** The part of a text that fits into this many columns. */
const fitting = (text: string, columns: number): string => {
  if (widthOf(text) <= columns) return text
  let fits = ""
  let width = 0
  for (const character of text) {
    width += widthOf(character)
    // One column for the mark.
    if (width >= columns) break
    fits += character
  }
  return `${fits}…`
}

/** Several status lines on one terminal; of those that have a text the one that began last is shown. */
class Lines {
  private readonly fd: number
  private readonly line: StatusLine
  private readonly texts = new Map<symbol, string>()
  private timer: NodeJS.Timeout | undefined
  private stopCleaning = () => {}

  constructor(fd: number, line: StatusLine) {
    this.fd = fd
    this.line = line
  }

  begin(): symbol {
    const key = Symbol("line")
    if (this.texts.size === 0) this.stopCleaning = cleanAtEnd(this.clear)
    this.texts.set(key, "")
    this.timer ??= setTimeout(this.draw, DELAY_MS)
    return key
  }

  show(key: symbol, text: string): void {
    if (!this.texts.has(key)) return
    this.texts.set(key, text)
    if (text === "") return this.draw()
    this.timer ??= setTimeout(this.draw, BETWEEN_MS)
  }

  end(key: symbol): void {
    this.texts.delete(key)
    if (this.texts.size > 0) {
      this.timer ??= setTimeout(this.draw, BETWEEN_MS)
      return
    }
    clearTimeout(this.timer)
    this.timer = undefined
    this.clear()
    this.stopCleaning()
  }

  private readonly draw = () => {
    clearTimeout(this.timer)
    this.timer = undefined
    const text = [...this.texts.values()].findLast((text) => text !== "") ?? ""
    // The last column stays free: a terminal may go to the next line there.
    this.line.show(fitting(visible(text), (sizeOf(this.fd)?.cols ?? COLUMNS) - 1))
  }

  private readonly clear = () => this.line.show("")
}

/** On the terminal of a descriptor, if it can erase a line. */
export const layerOn = (fd: number, line: StatusLine): Layer.Layer<Progress, never, Caller> =>
  Layer.effect(
    Progress,
    Effect.map(Caller, ({ env }) => {
      const lines = new Lines(fd, line)
      return Progress.of({
        line: Effect.suspend(() => {
          if (!isatty(fd) || env["TERM"] === "dumb") return Effect.succeed(() => {})
          return Effect.acquireRelease(
            Effect.sync(() => lines.begin()),
            (key) => Effect.sync(() => lines.end(key))
          ).pipe(Effect.map((key) => (text: string) => lines.show(key, text)))
        })
      })
    })
  )

/** On standard error. */
export const layer: Layer.Layer<Progress, never, Caller> = layerOn(STDERR, statusLine)

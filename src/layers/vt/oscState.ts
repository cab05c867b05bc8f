/** What a program has set by OSC sequences: colours, titles, directory, link, progress. */
import { setLimited } from "./limitedMap.ts"

/** Longest OSC sequence that counts as a directory, colour or link; a title is cut. */
export const MAX_OSC_BYTES = 4096

/** Most entries of the title stack (xterm keeps 10, MAX_SAVED_TITLES). */
const MAX_TITLES = 10

/** One for each stream. */
export class OscState {
  /** Colours changed: `4;1` or `11` to a specification. */
  readonly colours = new Map<string, string>()
  title: string | undefined
  icon: string | undefined
  readonly titles: Array<{ readonly title: string | undefined; readonly icon: string | undefined }> = []
  /** As OSC 7 gave it: a URL. */
  cwd: string | undefined
  /** Text is being marked as this link: parameters and URI, as OSC 8 gave them. */
  link: string | undefined
  /** State of the terminal's own progress bar (OSC 9;4), as given. */
  progress: string | undefined

  /** Takes the text of an OSC sequence. */
  apply(text: string): void {
    const end = text.indexOf(";")
    const code = end === -1 ? text : text.slice(0, end)
    const rest = end === -1 ? "" : text.slice(end + 1)
    switch (code) {
      case "0":
        this.title = this.icon = rest
        return
      case "1":
        this.icon = rest
        return
      case "2":
        this.title = rest
        return
      case "4":
      case "5":
        return this.setColours(code, rest)
      case "7":
        this.cwd = rest
        return
      case "8":
        this.link = rest.indexOf(";") < rest.length - 1 ? rest : undefined
        return
      case "9":
        if (rest.startsWith("4;")) this.progress = rest.startsWith("4;0") ? undefined : rest
        return
      case "10":
      case "11":
      case "12":
      case "13":
      case "14":
      case "17":
      case "19":
        // Further values are for the codes that follow (xterm ctlseqs, OSC Ps ; Pt).
        return rest.split(";").forEach((value, index) => this.setColour(String(Number(code) + index), value))
      case "104":
      case "105":
        return this.resetColours(String(Number(code) - 100), rest)
      default:
        if (/^11[0-9]$/.test(code)) this.colours.delete(String(Number(code) - 100))
    }
  }

  /** Takes the beginning of the text of a sequence that is too long. */
  applyCut(text: string): void {
    // The last character may be cut too.
    if (/^[012];/.test(text)) this.apply(text.replace(/\ufffd$/, ""))
    else if (text.startsWith("8;")) this.link = undefined
  }

  /** XTWINOPS 22. `which`: 0 title and icon, 1 the icon, 2 the title. */
  pushTitle(which: number): void {
    if (which > 2) return
    this.titles.push({ title: this.title, icon: this.icon })
    if (this.titles.length > MAX_TITLES) this.titles.shift()
  }

  /** XTWINOPS 23. */
  popTitle(which: number): void {
    if (which > 2) return
    const entry = this.titles.pop()
    if (entry === undefined) return
    if (which !== 1) this.title = entry.title
    if (which !== 2) this.icon = entry.icon
  }

  private setColours(code: string, rest: string): void {
    const parts = rest.split(";")
    for (let at = 0; at + 1 < parts.length; at += 2) {
      if (/^\d+$/.test(parts[at]!)) this.setColour(`${code};${Number(parts[at])}`, parts[at + 1]!)
    }
  }

  private setColour(key: string, value: string): void {
    if (value !== "" && value !== "?") setLimited(this.colours, key, value)
  }

  private resetColours(code: string, indexes: string): void {
    if (indexes !== "") return indexes.split(";").forEach((index) => this.colours.delete(`${code};${index}`))
    for (const key of [...this.colours.keys()]) if (key.startsWith(`${code};`)) this.colours.delete(key)
  }
}

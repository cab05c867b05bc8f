/** Pens: colours and attributes of text (SGR). Of many SGR sequences, keeps those that still matter. */

/** Most sequences kept: far more than there are attributes. */
const MAX_PENS = 64

/** Longest parameters kept: of all colours and attributes at once. */
const MAX_CHARACTERS = 128

/** Sequences that set one colour only: the next of its kind replaces it. */
const FOREGROUND = /^(?:3[0-79]|9[0-7]|38;5;\d+|38;2;\d+;\d+;\d+)$/
const BACKGROUND = /^(?:4[0-79]|10[0-7]|48;5;\d+|48;2;\d+;\d+;\d+)$/

/** The SGR sequences that matter: the last of each, since the last reset. */
export class Pens {
  private kept = new Map<string, string>()
  private text: string | undefined = ""

  /** False when there are too many. */
  add(params: string): boolean {
    if (params.length > MAX_CHARACTERS) return false
    this.text = undefined
    if (params === "" || params === "0") this.kept.clear()
    const key = FOREGROUND.test(params) ? "foreground" : BACKGROUND.test(params) ? "background" : params
    this.kept.delete(key)
    this.kept.set(key, params)
    return this.kept.size <= MAX_PENS
  }

  toString(): string {
    return this.text ??= Array.from(this.kept.values(), (params) => `\x1b[${params}m`).join("")
  }
}

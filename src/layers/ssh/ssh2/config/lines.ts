/** How ssh splits a line of its configuration into words (strdelim and argv_split in OpenSSH's misc.c). */

/** One setting, and where it was read. */
export interface Line {
  /** In lower case: ssh ignores the case. */
  readonly keyword: string
  /** The text after the keyword. */
  readonly rest: string
  readonly file: string
  readonly line: number
}

/** The settings of a text, without comments and empty lines. */
export const linesOf = (text: string, file: string): ReadonlyArray<Line> =>
  text.split("\n").flatMap((raw, index) => {
    const found = /^[ \t\r]*(?:"([^"]*)"|([^\s"=]+))(?:[ \t]*=[ \t]*|[ \t]*)(.*?)[ \t\r\f]*$/.exec(raw)
    const keyword = found?.[1] ?? found?.[2]
    if (found === null || keyword === undefined || keyword.startsWith("#")) return []
    return [{ keyword: keyword.toLowerCase(), rest: found[3]!, file, line: index + 1 }]
  })

/** The words after a keyword: quoted, with escapes, up to a comment. Undefined: a quote has no end. */
export const wordsOf = (rest: string): ReadonlyArray<string> | undefined => {
  const words: Array<string> = []
  let at = 0
  const word = (): string | undefined => {
    let quote = ""
    let made = ""
    for (; at < rest.length; at++) {
      const char = rest[at]!
      const next = rest[at + 1]
      if (char === "\\" && (next === "'" || next === "\"" || next === "\\" || (quote === "" && next === " "))) {
        made += next
        at++
      } else if (quote === "" && (char === " " || char === "\t")) break
      else if (quote === "" && (char === "\"" || char === "'")) quote = char
      else if (quote !== "" && char === quote) quote = ""
      else made += char
    }
    return quote === "" ? made : undefined
  }
  for (; at < rest.length; at++) {
    if (rest[at] === " " || rest[at] === "\t") continue
    if (rest[at] === "#") break
    const made = word()
    if (made === undefined) return undefined
    words.push(made)
  }
  return words
}

/** The words of a Match line, which ssh splits in another way: also at one `=`, and only `"` quotes. */
export const matchWordsOf = (rest: string): ReadonlyArray<string> => {
  const words: Array<string> = []
  for (let left = rest.trimStart(); left !== "" && !left.startsWith("#");) {
    const found = left.startsWith("\"")
      ? /^"([^"]*)"?[ \t]*(.*)$/.exec(left)
      : /^([^ \t="]*)(?:[ \t]*=[ \t]*|[ \t]+|(?="))?(.*)$/.exec(left)
    if (found === null || (found[1] === "" && found[2] === left)) break
    words.push(found[1]!)
    left = found[2]!
  }
  return words
}

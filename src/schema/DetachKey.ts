import * as Result from "effect/Result"
import * as Schema from "effect/Schema"

/** The key that detaches: Ctrl and a character. */
export interface DetachKey {
  /** What a plain terminal sends: the character's low five bits (ECMA-48, C0). */
  readonly byte: number
  /** The character's code point, as the newer keyboard protocols report it beside the modifier. */
  readonly code: number
}

/** Ctrl-\, as in abduco and dtach: shells and editors do not use it. */
export const DEFAULT_DETACH_KEY = "^\\"

/** `SESH_DETACH_KEY` is not a valid key. */
export class InvalidDetachKey extends Schema.TaggedError<InvalidDetachKey>()("InvalidDetachKey", {
  input: Schema.String
}) {
  override get message() {
    return `SESH_DETACH_KEY is ${
      JSON.stringify(this.input)
    }: write ^ and a letter or one of \\ ] _ (such as ^q), or none`
  }
}

/** Ctrl with these is Tab, Enter and Escape: as a detach key they would make the session unusable. */
const TAKEN = new Set(["I", "J", "M"])

/** Reads `^\`, `^a`, `none`. Undefined: no key detaches. */
export const parseDetachKey = (input: string): Result.Result<DetachKey | undefined, InvalidDetachKey> => {
  if (input === "none") return Result.succeed(undefined)
  const character = /^\^([A-Za-z\\\]_])$/.exec(input)?.[1]?.toUpperCase()
  if (character === undefined || TAKEN.has(character)) return Result.fail(new InvalidDetachKey({ input }))
  return Result.succeed({
    byte: character.charCodeAt(0) & 0x1f,
    code: character.toLowerCase().charCodeAt(0)
  })
}

/** A layout as text: docs/layout.md. */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import { isText } from "../../schema/ByteString.ts"
import {
  LAYOUT_VERSION,
  LayoutEntry,
  MAX_LAYOUT_BYTES,
  MAX_LAYOUT_ENTRIES,
  MAX_LINE_BYTES
} from "../../schema/Layout.ts"
import { parseSessionName } from "../../schema/SessionName.ts"
import { UNSEEN, visible } from "../words/text.ts"

/** The first lines of an export. The second is for people. */
export const HEADER = `# sesh layout ${LAYOUT_VERSION}\n# name\tdirectory\thost\tcommand\n`

/** Stands for this machine in the host column. */
const LOCAL = "-"

/** A JSON string in which everything that a terminal or an editor would not show is escaped. */
const quote = (text: string): string =>
  JSON.stringify(text).replace(UNSEEN, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`)

const isPlain = (text: string): boolean =>
  text !== "" && isText(text) && visible(text) === text && !/^[# ]|["\\]| $/.test(text)

const field = (text: string): string => isPlain(text) ? text : quote(text)
const word = (text: string): string => isPlain(text) && !/[ ']/.test(text) ? text : quote(text)

/** The line of a session, with its line feed. */
export const formatEntry = ({ command, dir, host, name }: LayoutEntry): string => {
  const columns = [name, field(dir), host === undefined ? LOCAL : field(`@${host}`)]
  return `${[...columns, ...command === undefined ? [] : [command.map(word).join(" ")]].join("\t")}\n`
}

/** What is wrong with a layout, or with one of its lines. The reader of the layout knows which line. */
export class BadLayout extends Schema.TaggedError<BadLayout>()("BadLayout", {
  problem: Schema.String,
  cause: Schema.optionalKey(Schema.Defect())
}) {
  override get message() {
    return this.problem
  }
}

const bad = (problem: string): Result.Result<never, BadLayout> => Result.fail(new BadLayout({ problem }))

/** A line that is not a comment: a session, or what is wrong with it. Line numbers start at 1. */
export interface LayoutLine {
  readonly line: number
  readonly entry: Result.Result<LayoutEntry, BadLayout>
}

/** Text that begins with a quote must be a JSON string. */
const unquote = (text: string): Result.Result<string, BadLayout> =>
  Result.try({
    try: () => JSON.parse(text) as string,
    catch: (cause) => new BadLayout({ problem: `this is not well quoted: ${text}`, cause })
  })

const readField = (text: string): Result.Result<string, BadLayout> =>
  text.startsWith("\"") ? unquote(text) : Result.succeed(text)

/** A quoted word, or everything up to a space. */
const WORD = /"(?:[^"\\]|\\.)*"(?= |$)|[^ ]+/g

const readWord = (text: string): Result.Result<string, BadLayout> =>
  text.startsWith("\"")
    ? unquote(text)
    : /["'\\]/.test(text)
    ? bad(`in the command, quotes and backslashes go into double quotes: ${text}`)
    : Result.succeed(text)

const readHost = (text: string): string | undefined =>
  text === "" || text === LOCAL || text === "local" ? undefined : text.replace(/^@/, "")

const decode = Schema.decodeUnknownResult(LayoutEntry)
const formatIssue = SchemaIssue.makeFormatterStandardSchemaV1()

const readEntry = (line: string, home: string): Result.Result<LayoutEntry, BadLayout> =>
  Result.gen(function*() {
    const columns = line.split("\t")
    if (columns.length < 2) return yield* bad("there is no tab, and no directory after it")
    if (columns.length > 4) return yield* bad("it has more than four columns")
    const [nameText, dirText, hostText = "", commandText = ""] = columns as [string, string, string?, string?]
    const name = yield* Result.mapError(
      Result.flatMap(readField(nameText), parseSessionName),
      (error) => error._tag === "BadLayout" ? error : new BadLayout({ problem: error.message, cause: error })
    )
    const host = readHost(yield* readField(hostText))
    const command = yield* Result.all((commandText.match(WORD) ?? []).map(readWord))
    const dir = yield* readField(dirText)
    if (dir === "") return yield* bad("the directory is missing")
    return yield* Result.mapError(
      decode({
        name,
        dir: /^~(\/|$)/.test(dirText) ? `${home}${dir.slice(1)}` : dir,
        ...(host === undefined ? {} : { host }),
        ...(command.length === 0 ? {} : { command })
      }),
      (cause) => new BadLayout({ problem: formatIssue(cause.issue).issues[0]!.message, cause })
    )
  })

/** A version that is newer than ours. It may be on any line: users concatenate layouts. */
const newerVersion = (lines: ReadonlyArray<string>): string | undefined =>
  lines.map((line) => /^# sesh layout (\d+)/.exec(line)?.[1])
    .find((version) => version !== undefined && Number(version) > LAYOUT_VERSION)

const decodeText = (bytes: Uint8Array): Result.Result<string, BadLayout> =>
  bytes.includes(0)
    ? bad("it is not text")
    : Result.try({
      // This drops a byte order mark.
      try: () => new TextDecoder("utf-8", { fatal: true }).decode(bytes),
      catch: (cause) => new BadLayout({ problem: "it is not text in UTF-8", cause })
    })

/** How a session's line begins. A file without such a line is not a layout. */
const NAMED = /^"?[A-Za-z0-9._-]+"?\t./

/** The reason for refusing a layout above the limit. */
export const tooLarge = () => new BadLayout({ problem: `it is larger than ${MAX_LAYOUT_BYTES / 1024 / 1024} MiB` })

/** The sessions of a layout, in which `~` is `home`; fails when the text is not a layout. */
export const parseLayout = (bytes: Uint8Array, home: string): Result.Result<ReadonlyArray<LayoutLine>, BadLayout> =>
  Result.gen(function*() {
    if (bytes.length > MAX_LAYOUT_BYTES) return yield* Result.fail(tooLarge())
    const lines = (yield* decodeText(bytes)).split("\n").map((line) => line.replace(/\r$/, ""))
    const version = newerVersion(lines)
    if (version !== undefined) {
      return yield* bad(
        `it is a layout of version ${version.slice(0, 20)}, and this sesh reads ${LAYOUT_VERSION}: upgrade sesh`
      )
    }
    const tooLong = lines.findIndex((line) => Buffer.byteLength(line) > MAX_LINE_BYTES)
    if (tooLong !== -1) return yield* bad(`line ${tooLong + 1} is longer than ${MAX_LINE_BYTES / 1024} KiB`)
    const entries = lines.flatMap((text, index) => /^\s*(#|$)/.test(text) ? [] : [{ line: index + 1, text }])
    if (entries.length > MAX_LAYOUT_ENTRIES) {
      return yield* bad(`it has ${entries.length} sessions, ${MAX_LAYOUT_ENTRIES} is the most`)
    }
    if (entries.length > 0 && !entries.some(({ text }) => NAMED.test(text))) {
      return yield* bad("it is not a layout: no line of it is a name, a tab and a directory")
    }
    return entries.map(({ line, text }): LayoutLine => ({ line, entry: readEntry(text, home) }))
  })

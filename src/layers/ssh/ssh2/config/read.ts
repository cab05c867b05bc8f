/** Reads ssh_config(5) as ssh does: the first value counts, blocks apply or not, files include files. */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Path from "node:path"
import { type Line, linesOf, matchWordsOf, wordsOf } from "./lines.ts"
import { matches, matchesHosts, matchesList } from "./patterns.ts"

/** Nested includes (READCONF_MAX_DEPTH in readconf.c). */
const MAX_DEPTH = 16

/** A setting that applies. */
export interface Setting {
  readonly values: ReadonlyArray<string>
  readonly file: string
  readonly line: number
}

/** The host that is looked up: the names that blocks may match. */
export interface Subject {
  /** As typed, without the user. */
  readonly original: string
  /** What `Host` matches: the same, or in the second pass the host name that the first one found. */
  readonly host: string
  readonly localUser: string
  readonly isFinal: boolean
  /** The result that every `Match exec` is taken to have: no command is run. */
  readonly execResult: boolean
}

/** The settings found so far. */
export interface Found {
  readonly settings: Map<string, Setting>
  /** Settings whose values add up, in order. */
  readonly lists: Map<string, Array<Setting>>
  wantsFinal: boolean
  /** The first `Match exec` that would have run its command, with its file and line. */
  exec: Setting | undefined
}

/** A mistake in a configuration: ssh would fail too. */
export class BadConfig extends Schema.TaggedError<BadConfig>()("BadConfig", {
  problem: Schema.String,
  /** Where the mistake is, if it is in a line. */
  file: Schema.optionalKey(Schema.String),
  line: Schema.optionalKey(Schema.Int),
  cause: Schema.optionalKey(Schema.Defect())
}) {
  override get message() {
    const { file, line, problem } = this
    return file === undefined ? problem : `${file}, line ${line}: ${problem}`
  }
}

/** Access to the files of a configuration. */
export interface Files {
  /** Undefined: there is no such file. */
  readonly read: (path: string, isIncluded: boolean) => Result.Result<string | undefined, BadConfig>
  readonly glob: (pattern: string) => ReadonlyArray<string>
  readonly home: string
}

/** Keywords whose values add up. */
const LISTS = new Set(["identityfile", "certificatefile", "sendenv", "setenv"])

/** Keywords whose setting has several words. */
const WORDY = new Set(["userknownhostsfile", "globalknownhostsfile", "sendenv", "setenv"])

/** Keywords whose value is the rest of the line, unparsed. */
const RAW = new Set(["proxycommand", "knownhostscommand", "localcommand", "remotecommand"])

/** Keywords that exclude each other: the first one counts. */
const RIVAL: Readonly<Record<string, string>> = { proxyjump: "proxycommand", proxycommand: "proxyjump" }

const bad = ({ file, line }: Line, problem: string): Result.Result<never, BadConfig> =>
  Result.fail(new BadConfig({ file, line, problem }))

const hostApplies = (at: Line, host: string): Result.Result<boolean, BadConfig> => {
  const patterns = wordsOf(at.rest)
  if (patterns === undefined) return bad(at, "a quote has no end")
  let applies = false
  for (const pattern of patterns) {
    if (pattern.startsWith("!") && matches(host, pattern.slice(1))) return Result.succeed(false)
    if (!pattern.startsWith("!") && matches(host, pattern)) applies = true
  }
  return Result.succeed(applies)
}

const matchApplies = (at: Line, subject: Subject, found: Found): Result.Result<boolean, BadConfig> => {
  const words = matchWordsOf(at.rest)
  if (words.length === 0) return bad(at, "Match wants to know what")
  let applies = true
  const require = (holds: boolean, negated: boolean) => {
    if (holds === negated) applies = false
  }
  const first = (keyword: string) => found.settings.get(keyword)?.values[0]
  for (let index = 0; index < words.length; index++) {
    const negated = words[index]!.startsWith("!")
    const criterion = words[index]!.slice(negated ? 1 : 0).toLowerCase()
    if (criterion === "all") {
      if (words.length > 1) return bad(at, "\"all\" stands by itself, or behind \"canonical\" or \"final\"")
      require(true, negated)
      continue
    }
    if (criterion === "final" || criterion === "canonical") {
      if (criterion === "final") found.wantsFinal = true
      require(subject.isFinal, negated)
      if (words[index + 1]?.toLowerCase() === "all" && words.length === index + 2) break
      continue
    }
    const wanted = words[++index]
    if (wanted === undefined) return bad(at, `Match ${criterion} wants to know what`)
    switch (criterion) {
      case "host": {
        const name = first("hostname")
        require(matchesHosts(name === undefined ? subject.host : expandHost(name, subject.original), wanted), negated)
        break
      }
      case "originalhost":
        require(matchesHosts(subject.original, wanted), negated)
        break
      case "user":
        require(matchesList(first("user") ?? subject.localUser, wanted), negated)
        break
      case "localuser":
        require(matchesList(subject.localUser, wanted), negated)
        break
      case "tagged":
        require(matchesList(first("tag") ?? "", wanted), negated)
        break
      // An unknown criterion is treated as a command: its result counts only where it makes a difference.
      default:
        if (!applies) break
        found.exec ??= { values: [criterion, wanted], file: at.file, line: at.line }
        require(subject.execResult, negated)
    }
  }
  return Result.succeed(applies)
}

/** Expands `%h` in HostName. */
export const expandHost = (name: string, original: string): string =>
  name.replaceAll(/%([h%])/g, (_, token: string) => token === "h" ? original : "%")

const take = (at: Line, values: ReadonlyArray<string>, found: Found): void => {
  const { file, keyword, line } = at
  const setting = { values: WORDY.has(keyword) ? values : values.slice(0, 1), file, line }
  if (LISTS.has(keyword)) {
    const list = found.lists.get(keyword) ?? []
    found.lists.set(keyword, list)
    const isListed = list.some(({ values }) => values.join("\0") === setting.values.join("\0"))
    if (!isListed) list.push(setting)
    return
  }
  const rival = RIVAL[keyword]
  if (found.settings.has(keyword) || (rival !== undefined && found.settings.has(rival))) return
  found.settings.set(keyword, setting)
}

/** Reads a file and its includes. `base`: the directory of relative names of included files. */
export const readConfig = (
  path: string,
  base: string,
  subject: Subject,
  files: Files,
  found: Found,
  inherited = true,
  depth = 0
): Result.Result<void, BadConfig> => {
  const text = files.read(path, depth > 0)
  if (Result.isFailure(text)) return Result.fail(text.failure)
  if (text.success === undefined) return Result.void
  let applies = inherited
  for (const at of linesOf(text.success, path)) {
    if (at.keyword === "host" || at.keyword === "match") {
      const block = at.keyword === "match"
        ? matchApplies(at, subject, found)
        : inherited
        ? hostApplies(at, subject.host)
        : Result.succeed(false)
      if (Result.isFailure(block)) return Result.fail(block.failure)
      applies = block.success && inherited
      continue
    }
    const values = RAW.has(at.keyword) ? [at.rest] : wordsOf(at.rest)
    if (values === undefined) return bad(at, "a quote has no end")
    if (at.keyword === "include") {
      if (depth === MAX_DEPTH) return bad(at, "too many files include each other")
      for (const value of values) {
        const pattern = value.startsWith("~/") ? Path.join(files.home, value.slice(2)) : Path.resolve(base, value)
        // A block that does not apply is read too: it may ask for a second pass.
        for (const name of files.glob(pattern)) {
          const included = readConfig(name, base, subject, files, found, applies, depth + 1)
          if (Result.isFailure(included)) return included
        }
      }
      continue
    }
    if (!applies) continue
    if (values.length === 0 || values[0] === "") {
      if (RAW.has(at.keyword) || values.length === 0) return bad(at, `${at.keyword} has no value`)
      continue
    }
    take(at, values, found)
  }
  return Result.void
}

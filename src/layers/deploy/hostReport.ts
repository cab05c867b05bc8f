/** Parses the host's answers. They are hostile before: the results are short, without control characters. */
import { visible } from "../../schema/Text.ts"
import { VERSION_LINE } from "../../schema/Version.ts"
import type { DeployStep } from "../../services/Deployer.ts"
import { type CLibrary, readCLibrary } from "./cLibrary.ts"

/** Bytes of a host's standard error that are kept, from its end. */
export const MAX_STDERR_BYTES = 2048

/** The end of the standard error, line by line, with control characters made visible. */
export const stderrText = (bytes: Buffer): string =>
  bytes.subarray(-MAX_STDERR_BYTES).toString().trim().split(/\r?\n/).map(visible).join("\n")

/** The lines of npm's messages that only name the failure, and where npm looked. */
const NPM_CONTEXT = /^npm (error|ERR!) *($|code |errno |syscall |address |port |A complete log|In most cases|network )/

/** The most useful line: the first that is about the failure itself. */
export const gist = (text: string): string => {
  const line = text.split("\n").find((line) => line.trim() !== "" && !NPM_CONTEXT.test(line)) ?? ""
  return line.replace(/^npm (error|ERR!) /, "").slice(0, 200)
}

/** Operating system and architecture, in Node's names. */
export const PLATFORMS: Readonly<Record<string, string>> = {
  "Linux x86_64": "linux-x64",
  "Linux aarch64": "linux-arm64",
  "Linux arm64": "linux-arm64",
  "Darwin x86_64": "darwin-x64",
  "Darwin arm64": "darwin-arm64"
}

/** How a file is compressed on its way. */
export type Encoding = "zstd" | "gzip" | "plain"

/** The host's platform and tools. */
export interface HostFacts {
  /** As the host names it, for messages: `Linux x86_64`. */
  readonly system: string
  /** Undefined: sesh does not run on it. */
  readonly platform: string | undefined
  readonly hasNpm: boolean
  /** What it can undo, the smallest first; `plain` is the last. */
  readonly encodings: ReadonlyArray<Encoding>
  readonly cLibrary: CLibrary
  /** The program named sesh: a sesh, one that does not run, or another program, and its path. */
  readonly sesh: { readonly version: string } | "none" | "broken" | { readonly foreign: string }
}

const MAX_VALUE_CHARS = 100

/** The status of a missing program or interpreter in a shell; above it a signal ended the program. */
const NOT_FOUND = 127

export const readFacts = (stdout: Buffer): HostFacts | undefined => {
  const values = new Map<string, string>()
  for (const line of stdout.toString().split("\n")) {
    const [, word, value] = /^([a-z]+) (.*)$/.exec(line) ?? []
    if (word !== undefined && !values.has(word)) values.set(word, visible(value!).slice(0, MAX_VALUE_CHARS))
  }
  const [os, machine] = [values.get("os"), values.get("machine")]
  if (!os || !machine) return undefined
  const version = VERSION_LINE.exec(values.get("says") ?? "")?.[1]
  const status = values.get("status")
  const platform = PLATFORMS[`${os} ${machine}`]
  return {
    system: `${os} ${machine}`,
    platform,
    cLibrary: readCLibrary(platform, values),
    hasNpm: values.has("npm"),
    encodings: [...(["zstd", "gzip"] as const).filter((tool) => values.has(tool)), "plain"],
    sesh: status === undefined
      ? "none"
      : status !== "0" && (values.has("ours") || Number(status) >= NOT_FOUND)
      ? "broken"
      : status !== "0" || version === undefined
      ? { foreign: values.get("at") ?? "" }
      : { version }
  }
}

/** How an installing script ended. `shadowedBy`: another sesh that comes first on the host's PATH. */
export type Outcome =
  | { readonly version: string; readonly shadowedBy?: string }
  | { readonly failed: DeployStep }

/** Undefined: the script was cut short. */
export const readOutcome = (stdout: Buffer): Outcome | undefined => {
  const lines = stdout.toString().trim().split("\n")
  const last = lines.at(-1)!
  const version = VERSION_LINE.exec(last.replace(/^done /, ""))?.[1]
  if (last.startsWith("done ") && version !== undefined) {
    const typed = lines.find((line) => line.startsWith("typed /"))?.slice("typed ".length)
    return typed === undefined ? { version } : { version, shadowedBy: visible(typed).slice(0, MAX_VALUE_CHARS) }
  }
  const failed = (["prepare", "npm", "transfer", "check", "run", "replace"] as const).find((step) =>
    last === `fail ${step}`
  )
  return failed === undefined ? undefined : { failed }
}

/** What the host's answers mean. They are hostile until read here: short, and without control characters. */
import { visible } from "../../schema/Text.ts"
import { VERSION_LINE } from "../../schema/Version.ts"
import type { DeployStep } from "../../services/Deployer.ts"

/** Bytes of what a host says that are kept: the end of it. */
export const WORDS_LIMIT = 2048

/** The end of what was said, line by line, control characters made visible. */
export const words = (bytes: Buffer): string =>
  bytes.subarray(-WORDS_LIMIT).toString().trim().split(/\r?\n/).map(visible).join("\n")

/** Of npm's words about a failure: what it is called, and where npm looked. */
const ABOUT = /^npm (error|ERR!) *($|code |errno |syscall |address |port |A complete log|In most cases|network )/

/** The line of it that tells most: the first that is about the matter. */
export const gist = (text: string): string => {
  const line = text.split("\n").find((line) => line.trim() !== "" && !ABOUT.test(line)) ?? ""
  return line.replace(/^npm (error|ERR!) /, "").slice(0, 200)
}

/** Operating system and architecture, as Node calls them. */
export const PLATFORMS: Readonly<Record<string, string>> = {
  "Linux x86_64": "linux-x64",
  "Linux aarch64": "linux-arm64",
  "Linux arm64": "linux-arm64",
  "Darwin x86_64": "darwin-x64",
  "Darwin arm64": "darwin-arm64"
}

/** What a host is like. */
export interface HostFacts {
  /** As it says it, for people: `Linux x86_64`. */
  readonly system: string
  /** Undefined: none that sesh runs on. */
  readonly platform: string | undefined
  readonly hasNpm: boolean
  readonly hasGzip: boolean
  /** What is there under the name: a sesh, something that does not run, or another program, and where. */
  readonly sesh: { readonly version: string } | "none" | "broken" | { readonly foreign: string }
}

const CLEAN_LIMIT = 100

/** As shells say it of a program, or of its interpreter; from there on a signal has ended it. */
const NOT_FOUND = 127

export const readFacts = (stdout: Buffer): HostFacts | undefined => {
  const said = new Map<string, string>()
  for (const line of stdout.toString().split("\n")) {
    const [, word, value] = /^([a-z]+) (.*)$/.exec(line) ?? []
    if (word !== undefined && !said.has(word)) said.set(word, visible(value!).slice(0, CLEAN_LIMIT))
  }
  const [os, machine] = [said.get("os"), said.get("machine")]
  if (!os || !machine) return undefined
  const version = VERSION_LINE.exec(said.get("says") ?? "")?.[1]
  const status = said.get("status")
  return {
    system: `${os} ${machine}`,
    platform: PLATFORMS[`${os} ${machine}`],
    hasNpm: said.has("npm"),
    hasGzip: said.has("gzip"),
    sesh: status === undefined
      ? "none"
      : status !== "0" && (said.has("ours") || Number(status) >= NOT_FOUND)
      ? "broken"
      : status !== "0" || version === undefined
      ? { foreign: said.get("at") ?? "" }
      : { version }
  }
}

/** How a script that installs ended. */
export type Outcome = { readonly version: string } | { readonly failed: DeployStep }

/** Undefined: it did not come to its end. */
export const readOutcome = (stdout: Buffer): Outcome | undefined => {
  const last = stdout.toString().trim().split("\n").at(-1)!
  const version = VERSION_LINE.exec(last.replace(/^done /, ""))?.[1]
  if (last.startsWith("done ") && version !== undefined) return { version }
  const failed = (["prepare", "npm", "transfer", "check", "run", "replace"] as const).find((step) =>
    last === `fail ${step}`
  )
  return failed === undefined ? undefined : { failed }
}

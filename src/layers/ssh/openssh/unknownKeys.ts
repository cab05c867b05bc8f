/**
 * What the user wants done about the key of a host that is not on record. `ssh -G` prints `ask` for those who have said
 * so, and for those who have said nothing.
 */
import * as Effect from "effect/Effect"
import * as Fs from "node:fs"
import * as Path from "node:path"
import type { HostName } from "../../../schema/HostName.ts"
import { remove } from "../../system/files.ts"
import { LOGIN_GRACE_MS } from "../shared/patience.ts"
import * as Child from "./child.ts"
import type { ControlDir } from "./controlDir.ts"
import { type HostConfig, type HostConfigsOptions, readDescription } from "./hostConfig.ts"
import { describeArgs } from "./options.ts"

const KEYWORD = "stricthostkeychecking"

/** Ours, where the user has none. */
const OTHERWISE = "accept-new"

/** The configuration files that ssh says it reads, without those that they include. */
const filesOf = (log: string): ReadonlyArray<string> => {
  const included = new Set<string>()
  const found: Array<string> = []
  for (const line of log.split(/\r?\n/)) {
    const path = /^debug1: Reading configuration data (.+)$/.exec(line)?.[1]
    if (path !== undefined && !included.has(path)) found.push(path)
    const include = /^debug\d: .* line \d+: Including file (.+) depth \d+/.exec(line)?.[1]
    if (include !== undefined) included.add(include)
  }
  return [...new Set(found)]
}

/** Include takes patterns, and quotes. */
const isPlain = (path: string): boolean => !/["'\\*?[\]]/.test(path)

/**
 * Whether a new key is to be trusted and recorded without a question: the configuration is read once more, with our
 * value behind all of the user's, where it counts only if there is none.
 */
export const acceptsNew = (
  host: HostName,
  config: HostConfig,
  { env, ssh }: Pick<HostConfigsOptions, "ssh" | "env">,
  dir: ControlDir
): Effect.Effect<boolean> => {
  if (config.get(KEYWORD) !== "ask") return Effect.succeed(false)
  const print = (args: ReadonlyArray<string>) => Child.print(host, ssh.file, args, env as NodeJS.ProcessEnv)
  return Effect.gen(function*() {
    const { stderr } = yield* print(["-vvv", ...describeArgs(ssh, host)])
    const files = filesOf(stderr).map((path) => Path.resolve(path))
    // What we cannot be sure of is left to ssh, which asks.
    if (!files.every(isPlain)) return false
    const path = dir.once("config")
    const lines = [...files.map((file) => `Include "${file}"`), "Host *", `${KEYWORD} ${OTHERWISE}`, ""]
    return yield* Effect.acquireUseRelease(
      Effect.try(() => Fs.writeFileSync(path, lines.join("\n"), { mode: 0o600, flag: "wx" })),
      () =>
        Effect.map(
          print(describeArgs({ ...ssh, config: path }, host)),
          ({ stdout }) => readDescription(stdout).get(KEYWORD) === OTHERWISE
        ),
      () => Effect.sync(() => remove(path))
    )
  }).pipe(Effect.timeout(LOGIN_GRACE_MS), Effect.orElseSucceed(() => false))
}

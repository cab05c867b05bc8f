/** What other parts bring for real: known hosts, a line of progress, and other hosts' services. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { parseHostName } from "../schema/HostName.ts"
import { visible } from "../schema/Visible.ts"
import { Caller } from "../services/Caller.ts"
import { HostError } from "../services/HostError.ts"
import { Hosts } from "../services/Hosts.ts"
import { Progress } from "../services/Progress.ts"
import { Remotes } from "../services/Remotes.ts"

export const hosts: Layer.Layer<Hosts, never, Caller> = Layer.effect(
  Hosts,
  Effect.map(Caller, ({ home }) => {
    const dir = Path.join(home, ".local/state/sesh/remotes")
    const names = Effect.sync(() =>
      (Fs.existsSync(dir) ? Fs.readdirSync(dir) : []).filter((file) => file.endsWith(".json"))
        .map((file) => parseHostName(file.slice(0, -5))).filter(Result.isSuccess).map(({ success }) => success)
    )
    return Hosts.of({
      names,
      all: Effect.succeed([]),
      get: () => Effect.succeed(Option.none()),
      remember: () => Effect.void
    })
  })
)

export const progress: Layer.Layer<Progress> = Layer.sync(Progress, () => {
  const write = (text: string) => void (process.stderr.isTTY && process.stderr.write(text))
  return Progress.of({
    line: Effect.acquireRelease(
      Effect.succeed((text: string) => write(`\r\x1b[K${visible(text).slice(0, (process.stderr.columns || 80) - 1)}`)),
      () => Effect.sync(() => write("\r\x1b[K"))
    )
  })
})

export const remotes: Layer.Layer<Remotes> = Layer.succeed(
  Remotes,
  Remotes.of({
    at: () => Effect.die("not here"),
    look: (host) => Effect.fail(new HostError({ host, problem: "not here", kind: "unreachable" }))
  })
)

import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { SessionName } from "../../schema/SessionName.ts"
import { socketPathLimit } from "../../schema/SocketPath.ts"
import { Paths, PathsError } from "../../services/Paths.ts"

/** Bytes of a socket's path: the fake machine is a Linux. */
const MOST = socketPathLimit("linux")

/** Paths to a directory that is there, and to nothing that is; with a `problem`, a directory that cannot be used. */
export const layer = (options?: { readonly dir?: string; readonly problem?: PathsError }): Layer.Layer<Paths> => {
  const dir = options?.dir ?? "/fake/.sesh"
  const fit = options?.problem === undefined ? Effect.void : Effect.fail(options.problem)
  const session = (name: SessionName) => ({
    socket: `${dir}/${name}.sock`,
    info: `${dir}/${name}.json`,
    agent: `${dir}/${name}.agent`,
    ended: `${dir}/${name}.ended`,
    log: `${dir}/log/${name}.log`
  })
  return Layer.succeed(
    Paths,
    Paths.of({
      dir,
      lock: `${dir}/.lock`,
      session,
      cache: "/fake/.cache/sesh",
      remotes: `${dir}/remotes`,
      synced: (host) => `${dir}/remotes/${host}.synced`,
      syncList: `${dir}/sync`,
      ensure: fit,
      check: Effect.as(fit, true),
      checkSocketPath: (name) =>
        Effect.suspend(() => {
          const path = session(name).socket
          const bytes = Buffer.byteLength(path)
          if (bytes <= MOST) return Effect.void
          const problem = `is too long for a socket: ${bytes} bytes, ${MOST} is the most`
          return Effect.fail(new PathsError({ path, problem, advice: "take a shorter name" }))
        })
    })
  )
}

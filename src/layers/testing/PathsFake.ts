import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Paths, type PathsError } from "../../services/Paths.ts"

/** Paths that nothing checks and nothing makes; with a `problem`, paths that cannot be used. */
export const layer = (options?: { readonly dir?: string; readonly problem?: PathsError }): Layer.Layer<Paths> => {
  const dir = options?.dir ?? "/fake/.sesh"
  const fit = options?.problem === undefined ? Effect.void : Effect.fail(options.problem)
  return Layer.succeed(
    Paths,
    Paths.of({
      dir,
      lock: `${dir}/.lock`,
      session: (name) => ({
        socket: `${dir}/${name}.sock`,
        info: `${dir}/${name}.json`,
        agent: `${dir}/${name}.agent`,
        ended: `${dir}/${name}.ended`,
        log: `${dir}/log/${name}.log`
      }),
      remotes: `${dir}/remotes`,
      syncList: `${dir}/sync`,
      ensure: fit,
      check: Effect.as(fit, true),
      checkSocketPath: () => Effect.void
    })
  )
}

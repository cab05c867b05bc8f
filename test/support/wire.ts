import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { onTestFinished } from "vitest"
import * as PtyNode from "../../src/layers/pty/PtyNode.ts"
import { type ExitStatus } from "../../src/schema/Session.ts"
import { Pty } from "../../src/services/Pty.ts"
import { type Sandbox, SESH } from "./sandbox.ts"

/** A terminal that shows nothing: its bytes as they are, both ways. */
export interface Wire {
  /** Types all of it, as fast as it is taken. */
  readonly type: (pieces: Iterable<Buffer>) => Promise<void>
  /** Shows nothing any more, as a terminal that hangs. */
  readonly pause: () => void
  readonly resume: () => void
  readonly ended: Promise<ExitStatus>
}

/** Runs sesh on a terminal of its own; what it says on standard error goes into the file `err` in the home. */
export const wire = async (
  box: Sandbox,
  args: ReadonlyArray<string>,
  { env, onData }: { readonly env?: Readonly<Record<string, string>>; readonly onData: (bytes: Buffer) => void }
): Promise<Wire> => {
  const scope = Scope.makeUnsafe()
  onTestFinished(() => Effect.runPromise(Scope.close(scope, Exit.void)))
  const program = await Pty.pipe(
    Effect.flatMap((pty) =>
      pty.spawn({
        file: "/bin/sh",
        args: ["-c", "exec \"$@\" 2>err", "sh", ...box.within([SESH, ...args])],
        env: { ...box.env, ...env } as Record<string, string>,
        cwd: box.home,
        size: { cols: 80, rows: 24 }
      })
    ),
    Effect.provide(PtyNode.layer),
    Scope.provide(scope),
    Effect.runPromise
  )
  let drained = () => {}
  const ended = new Promise<ExitStatus>((onExit) => {
    program.listen({ onData, onDrain: () => drained(), onExit })
  })
  return {
    ended,
    type: async (pieces) => {
      for (const bytes of pieces) {
        if (program.write(bytes)) continue
        await new Promise<void>((resolve) => {
          drained = resolve
        })
      }
    },
    pause: program.pause,
    resume: program.resume
  }
}

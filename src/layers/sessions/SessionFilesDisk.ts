import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Fs from "node:fs"
import { isAbsolute } from "node:path"
import { pathOf } from "../../schema/ByteString.ts"
import { type Ended, SessionDescription } from "../../schema/Session.ts"
import type { SessionName } from "../../schema/SessionName.ts"
import { OperatingSystem } from "../../services/OperatingSystem.ts"
import { Paths } from "../../services/Paths.ts"
import { SessionFiles } from "../../services/SessionFiles.ts"
import { remove } from "../system/files.ts"
import { ownProcess } from "../system/machine.ts"
import { replaceFile, writeWholeFile } from "../system/wholeFile.ts"
import { encodeEnded, encodeOutput, outputPath, readOutput, sweepEnded } from "./endRecords.ts"

const encodeDescription = Schema.encodeSync(Schema.fromJsonString(SessionDescription))

/** A failure to write is logged, and otherwise ignored. */
const writing = (path: string, write: () => void) =>
  Effect.try(write).pipe(Effect.catch((error) => Effect.logWarning(`cannot write ${path}`, error.cause)))

/** Time to look at a socket: it may be on a file system that does not answer. */
const LOOK_LIMIT = "2 seconds"

/** Files in the sessions' directory. */
export const layer: Layer.Layer<SessionFiles, never, Paths | OperatingSystem> = Layer.effect(
  SessionFiles,
  Effect.gen(function*() {
    const paths = yield* Paths
    const { machine, uid } = yield* OperatingSystem
    const agentPath = (name: SessionName) => paths.session(name).agent

    const writeEnd = Effect.fn("SessionFiles.writeEnd")(function*(ended: Ended) {
      const path = paths.session(ended.name).ended
      yield* writing(path, () => writeWholeFile(path, encodeEnded(ended)))
      const now = yield* Clock.currentTimeMillis
      yield* Effect.ignore(Effect.try(() => sweepEnded(paths.dir, now)))
    })

    return SessionFiles.of({
      agentPath,
      pointAgent: (name, socket) => {
        const path = agentPath(name)
        if (!isAbsolute(socket) || socket === path) return Effect.void
        return writing(path, () => replaceFile(path, (temporary) => Fs.symlinkSync(pathOf(socket), temporary)))
      },
      ownsSocket: (path) =>
        !isAbsolute(path) ? Effect.succeed(false) : Effect.tryPromise(() => Fs.promises.stat(pathOf(path))).pipe(
          Effect.map((stat) => stat.isSocket() && (uid === 0 || stat.uid === uid || stat.uid === 0)),
          Effect.timeoutOption(LOOK_LIMIT),
          Effect.map(Option.getOrElse(() => false)),
          Effect.orElseSucceed(() => false)
        ),
      writeInfo: (info) => {
        const path = paths.session(info.name).info
        return writing(path, () => {
          const description = encodeDescription({ ...info, daemon: ownProcess(machine()) })
          writeWholeFile(path, `${description}\n`)
        })
      },
      writeEnd,
      writeOutput: (name, id, output) => {
        const path = outputPath(paths.session(name).ended)
        return writing(path, () => writeWholeFile(path, encodeOutput(id, output)))
      },
      forgetOutput: (name, id) =>
        Effect.sync(() => {
          const path = outputPath(paths.session(name).ended)
          if (Option.isSome(readOutput(path, id))) remove(path)
        }),
      forgetEnd: (name) =>
        Effect.sync(() => {
          const { ended } = paths.session(name)
          remove(ended)
          remove(outputPath(ended))
        })
    })
  })
)

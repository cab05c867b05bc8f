import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Path from "node:path"
import { excerpt, NO_EXIT_CODE } from "../../schema/Event.ts"
import type { HostName } from "../../schema/HostName.ts"
import type { SyncList } from "../../schema/SyncList.ts"
import { count, shortPath, visible } from "../../schema/Text.ts"
import { readNoSync } from "../../schema/Variables.ts"
import { Caller } from "../../services/Caller.ts"
import { EventLog } from "../../services/EventLog.ts"
import { type FileRunner, type Pushed, type PushOptions, RsyncRunner, ScpRunner } from "../../services/FileRunner.ts"
import { FileSync, type SyncOutcome } from "../../services/FileSync.ts"
import { HostMemory } from "../../services/HostMemory.ts"
import { Output } from "../../services/Output.ts"
import { Paths } from "../../services/Paths.ts"
import { Progress } from "../../services/Progress.ts"
import type { ConnectOptions } from "../../services/SshTransport.ts"
import { lastLine } from "../ssh/shared/sanitize.ts"
import { withFileLock } from "../system/fileLock.ts"
import { codeOf } from "../system/systemError.ts"
import { stampOf } from "./changeStamp.ts"
import { summarize } from "./fingerprint.ts"
import { classify, type Listed } from "./listed.ts"
import { makeDirectory, readRemembered, writeRemembered } from "./memory.ts"
import { below, type Own, ownPaths } from "./ownFiles.ts"
import { sentLine } from "./sentLine.ts"
import { readList } from "./syncListFile.ts"

/** How long another sesh may sync the same files; then the session is opened without syncing. */
const LOCK_TIMEOUT = "1 minute"

const OFF: SyncOutcome = { _tag: "Off" }
const UNCHANGED: SyncOutcome = { _tag: "Unchanged" }
const PUSHED: SyncOutcome = { _tag: "Pushed" }
const FAILED: SyncOutcome = { _tag: "Failed" }

/** rsync's last line, which only repeats how bad it was when a reason stands before it. */
const SUMMARY = /^rsync error: .*$/gm

/** The reason in a program's output, as one line. */
const reasonIn = (words: string): string => lastLine(words.replace(SUMMARY, "")) || lastLine(words)

/** Copies with rsync, or else scp. Remembers what a host has (`Paths.synced`). */
export const layer: Layer.Layer<
  FileSync,
  never,
  Caller | EventLog | HostMemory | Output | Paths | Progress | RsyncRunner | ScpRunner
> = Layer.effect(
  FileSync,
  Effect.gen(function*() {
    const { env, home } = yield* Caller
    const { dir, remotes, synced, syncList } = yield* Paths
    const { emit, isOn, say } = yield* EventLog
    const { line } = yield* Progress
    const hosts = yield* HostMemory
    const { note } = yield* Output
    const rsync = yield* RsyncRunner
    const scp = yield* ScpRunner
    const listName = visible(shortPath(syncList, home))

    const failed = (path: string, exitCode: number, words: string) =>
      emit({ event: "sync_path_failed", path, exit_code: exitCode, stderr: excerpt(words) })

    /** The runner's results; or the tool is missing, which is logged. */
    const attempt = (
      runner: FileRunner,
      host: HostName,
      paths: ReadonlyArray<string>,
      options: PushOptions
    ) =>
      runner.push(host, paths, options).pipe(
        Effect.catchTag("ToolMissing", (missing) =>
          Effect.as(
            Effect.forEach(paths, (path) => emit({ event: "tool_missing", tool: missing.tool, path })),
            missing
          ))
      )

    const copy = Effect.fnUntraced(function*(
      host: HostName,
      paths: ReadonlyArray<string>,
      options: PushOptions
    ) {
      const first = yield* attempt(rsync, host, paths, options)
      if (!("where" in first)) return { results: first, followsLinks: false }
      const where = first.where === "here" ? "here" : `on ${host}`
      const second = yield* attempt(scp, host, paths, options)
      if (!("where" in second)) {
        yield* say(`sesh: there is no rsync ${where}; copied with scp, which removes nothing on ${host}`)
        return { results: second, followsLinks: true }
      }
      const words = `there is no rsync ${where}, and no scp either; install rsync`
      const results = paths.map((path): Pushed => ({ path, failure: { exitCode: NO_EXIT_CODE, words } }))
      return { results, followsLinks: false }
    })

    const pushAll = Effect.fnUntraced(function*(
      host: HostName,
      listed: Listed,
      bytes: ReadonlyMap<string, number>,
      options: ConnectOptions | undefined
    ): Effect.fn.Return<{ readonly outcome: SyncOutcome; readonly followedLinks: boolean }> {
      const { good, kept, missing, refused } = listed
      yield* emit({ event: "sync_start", host })
      if (good.length > 0) yield* say(`syncing ${count(good.length, "path")} to ${host} ...`)
      for (const { line, path, reason } of refused) {
        yield* failed(path, NO_EXIT_CODE, `line ${line}: ${reason}`)
        yield* say(`sesh: ${listName}, line ${line}: ${visible(path)}: ${visible(reason)}`)
      }
      for (const { line, path } of missing) {
        yield* emit({ event: "sync_path_skipped", path })
        yield* say(`sesh: ${listName}, line ${line}: ${visible(path)} is not there, skipped`)
      }
      const known = Option.toArray(yield* hosts.get(host))
      const total = good.reduce((sum, path) => sum + (bytes.get(path) ?? 0), 0)
      const copied = yield* Effect.gen(function*() {
        const onSent = isOn() ? () => {} : yield* sentLine(line, host, total)
        const keptThere = known.flatMap((one) => below(one.home, [one.dir]))
        return yield* copy(host, good, { ...options, kept: [...kept, ...keptThere], onSent })
      }).pipe(
        Effect.scoped,
        Effect.tapError((error) => Effect.forEach(good, (path) => failed(path, NO_EXIT_CODE, error.message))),
        Effect.result
      )
      if (copied._tag === "Failure") {
        yield* emit({ event: "sync_done", ok: false })
        return { outcome: { _tag: "Unreachable", error: copied.failure }, followedLinks: false }
      }
      const { followsLinks, results } = copied.success
      let ok = refused.length === 0
      /** For the user each reason is printed once, whatever the number of paths. */
      const reasons = new Map<string, Array<string>>()
      for (const { failure, path } of results) {
        if (failure === undefined) {
          yield* emit({ event: "sync_path_pushed", path, bytes: bytes.get(path) ?? 0 })
          continue
        }
        ok = false
        const { exitCode, words } = failure
        yield* failed(path, exitCode, words)
        const why = reasonIn(words) || `status ${exitCode}`
        reasons.set(why, [...reasons.get(why) ?? [], path])
      }
      for (const [why, paths] of reasons) {
        const what = paths.length === 1 ? visible(paths[0]!) : count(paths.length, "path")
        yield* say(`sesh: failed to push ${what} to ${host}: ${why}`)
      }
      yield* emit({ event: "sync_done", ok })
      return { outcome: ok ? PUSHED : FAILED, followedLinks: followsLinks }
    }, Effect.onInterrupt(() => emit({ event: "sync_done", ok: false })))

    const remember = (path: string, fingerprint: string, stamp: string | undefined) =>
      Effect.try({ try: () => writeRemembered(path, { fingerprint, stamp: stamp ?? "" }), catch: codeOf }).pipe(
        Effect.catch((code) => note(`sesh: cannot remember what was synced: ${visible(remotes)} (${code})`))
      )

    const update = Effect.fnUntraced(function*(
      host: HostName,
      list: SyncList,
      own: Own,
      stamp: string | undefined,
      memory: string,
      options: ConnectOptions | undefined
    ): Effect.fn.Return<SyncOutcome> {
      const before = readRemembered(memory)
      const listed = classify(home, list, own)
      // Another sesh was faster.
      if (listed.refused.length === 0 && stamp !== undefined && before?.stamp === stamp) return UNCHANGED
      const all = list.paths.map(({ path }) => path)
      const { behindLinks, bytes, fingerprint } = yield* summarize(
        home,
        all,
        listed.kept,
        Path.join(remotes, "contents")
      )
      // Where links were followed, the stamp does not cover their targets.
      const following = `${fingerprint}-${behindLinks}`
      const known = [fingerprint, following].find((one) => listed.refused.length === 0 && before?.fingerprint === one)
      if (known !== undefined) {
        const lasting = known === following ? undefined : stamp
        if (before?.stamp !== (lasting ?? "")) yield* remember(memory, known, lasting)
        return UNCHANGED
      }
      const { followedLinks, outcome } = yield* pushAll(host, listed, bytes, options)
      if (outcome._tag === "Pushed") {
        const isFollowing = followedLinks && behindLinks !== ""
        yield* remember(memory, isFollowing ? following : fingerprint, isFollowing ? undefined : stamp)
      }
      return outcome
    })

    /** The sync failed before anything was copied. */
    const failBeforeCopy = Effect.fnUntraced(function*(
      host: HostName,
      paths: ReadonlyArray<string>,
      words: string,
      line: string
    ): Effect.fn.Return<SyncOutcome> {
      yield* emit({ event: "sync_start", host })
      for (const path of paths) yield* failed(path, NO_EXIT_CODE, words)
      yield* say(`sesh: ${line}`)
      yield* emit({ event: "sync_done", ok: false })
      return FAILED
    })

    const push = Effect.fn("FileSync.push")(function*(
      host: HostName,
      options?: ConnectOptions
    ): Effect.fn.Return<SyncOutcome> {
      const isOff = readNoSync(env["SESH_NO_SYNC"])
      if (typeof isOff === "string") return yield* failBeforeCopy(host, [], isOff, `${isOff}: nothing was synced`)
      if (isOff) return OFF
      const read = readList(syncList)
      if (Result.isFailure(read)) {
        const { message } = read.failure
        return yield* failBeforeCopy(host, [syncList], message, `${listName}: ${visible(message)}: nothing was synced`)
      }
      if (Option.isNone(read.success)) return OFF
      const list = read.success.value
      if (list.paths.length + list.refused.length === 0) return OFF
      const memory = synced(host)
      const own = ownPaths(home, [dir, Path.dirname(remotes)])
      const { kept, refused } = classify(home, list, own)
      const before = refused.length === 0 ? readRemembered(memory) : undefined
      const paths = list.paths.map(({ path }) => path)
      makeDirectory(remotes)
      const stamp = yield* stampOf(home, paths, kept, remotes)
      if (stamp !== undefined && before?.stamp === stamp) return UNCHANGED
      const work = update(host, list, own, stamp, memory, options)
      return yield* withFileLock(Path.join(remotes, `${host}.lock`), LOCK_TIMEOUT)(work).pipe(
        Effect.catchTag("LockError", ({ isHeld }) => {
          // Where nothing can be remembered, nothing can be locked either.
          if (!isHeld) return work
          const words = `another sesh is still syncing to ${host}`
          return failBeforeCopy(host, paths, words, `${words}; going on without`)
        })
      )
    })

    return FileSync.of({ push })
  })
)

/**
 * The connections that are kept: one ssh process per host in the background, which serves all others (ControlMaster).
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import * as Fs from "node:fs"
import { hostname } from "node:os"
import type { HostName } from "../../../schema/HostName.ts"
import {
  type ConnectFailure,
  type ConnectOptions,
  type HostDescription,
  HostUnreachable,
  SshMissing,
  type Wait
} from "../../../services/SshTransport.ts"
import { readHead, readTail, remove, shorten, sizeOf } from "../../system/files.ts"
import { keyOf } from "../../system/fnv.ts"
import { atEnd } from "../../system/processEvents.ts"
import { quietly } from "../../system/quietly.ts"
import { forwardedAgentOf, listening } from "../shared/forwardedAgent.ts"
import { makeHandshakes } from "../shared/handshakes.ts"
import { FIRST_SESSION_MS, ownTimeoutMs, patienceOf } from "../shared/patience.ts"
import { makeSingleFlight } from "../shared/singleFlight.ts"
import { beforeLogin, explainFailure, isSlowLogin, stageOf } from "../shared/sshLog.ts"
import { MAX_CONNECTIONS } from "../shared/startProgram.ts"
import { waiting } from "../shared/waiting.ts"
import * as Child from "./child.ts"
import { type ControlDir, openLog } from "./controlDir.ts"
import { type HostConfig, type HostConfigsOptions, makeHostConfigs } from "./hostConfig.ts"
import * as Mux from "./mux.ts"
import { ALIVE_MS, masterArgs, quietEnv, sessionArgs } from "./options.ts"
import { acceptsNew } from "./unknownKeys.ts"

/** A connection that was alive a moment ago. */
export interface Master {
  readonly control: string
  /** The master appends to it. */
  readonly log: string
}

/** Time between checks whether another process was faster. */
const CHECK_MS = 100

/** Bytes after which a master's log is cleared. */
const MAX_LOG_BYTES = 1024 * 1024

const OTHER_MASTER = /already exists, disabling multiplexing/

export interface MastersOptions extends HostConfigsOptions {
  readonly controlDir: Effect.Effect<ControlDir, SshMissing>
}

/** Connections by what the user's configuration says of a host now. */
export interface Masters {
  /** The existing connection to a host if it answers, or a new one; `number`: one of several, from 0. */
  readonly get: (
    host: HostName,
    options: ConnectOptions | undefined,
    number?: number
  ) => Effect.Effect<Master, ConnectFailure>
  /** Whether there is that connection, and answers. */
  readonly has: (host: HostName, number: number) => Effect.Effect<boolean>
  readonly describe: (host: HostName) => Effect.Effect<HostDescription, HostUnreachable | SshMissing>
  readonly close: (host: HostName) => Effect.Effect<void>
}

export const makeMasters = Effect.fnUntraced(function*(
  { configFile, env, controlDir, ssh }: MastersOptions
): Effect.fn.Return<Masters, never, Scope.Scope> {
  const share = yield* makeSingleFlight<Master, ConnectFailure>()
  const handshakes = makeHandshakes()

  const lookUp = makeHostConfigs({ configFile, env, ssh })

  const locate = (dir: ControlDir, config: HostConfig, number: number): Master => {
    // A machine that shares the directory cannot use our sockets, and ssh would remove them.
    const key = keyOf(config.key, ssh.file, hostname(), ...number === 0 ? [] : [String(number)])
    return { control: dir.control(key), log: dir.log(key) }
  }

  /** Runs ssh until it is in the background; its exit code. */
  const handshake = (args: ReadonlyArray<string>, log: number, batch: boolean, verbose: boolean) =>
    Effect.acquireUseRelease(
      Child.spawn(ssh.file, args, {
        // Without a terminal, nothing that ssh starts can ask.
        detached: batch,
        env: batch ? quietEnv(env) : env as NodeJS.ProcessEnv,
        stdio: ["ignore", "ignore", batch || verbose ? log : "inherit"]
      }),
      (child) => {
        // It may be asking on the terminal, which is not ours any more then.
        if (!batch) child.once("exit", atEnd(() => Child.end(child, false)))
        return Child.exitCode(child)
      },
      // Until it has ended, it may still set the terminal's modes.
      (child) => Effect.andThen(Effect.sync(() => Child.end(child, batch)), batch ? Effect.void : Child.exitCode(child))
    )

  /** Another process has made the connection meanwhile: ours, which is not in use yet, is dropped. */
  const overtaken = (log: string): Effect.Effect<0> =>
    Effect.suspend(() =>
      OTHER_MASTER.test(readTail(log))
        ? Effect.succeed(0 as const)
        : Effect.andThen(Effect.sleep(CHECK_MS), overtaken(log))
    )

  const attempt = Effect.fnUntraced(function*(
    host: HostName,
    master: Master,
    log: string,
    slow: string,
    config: HostConfig,
    acceptNew: boolean,
    options: ConnectOptions | undefined
  ) {
    const batch = options?.prompts !== "interactive"
    const verbose = config.via !== undefined
    const patient = Fs.existsSync(slow)
    const since = yield* Clock.currentTimeMillis
    const args = masterArgs(ssh, {
      host,
      control: master.control,
      log,
      batch,
      verbose,
      acceptNew,
      connectTimeout: patienceFor(config, options).connectMs,
      patient
    })
    const code = yield* Effect.acquireUseRelease(
      Effect.try({
        try: () => openLog(log),
        catch: (cause) =>
          new SshMissing({ problem: `${log} cannot be made (${String(cause)})`, advice: "is the disk full?", cause })
      }),
      (file) => Effect.raceFirst(handshake(args, file, batch, verbose), overtaken(log)),
      (file) => Effect.sync(() => Fs.closeSync(file))
    )
    if (code !== 0) {
      if (!patient && isSlowLogin(readTail(log))) quietly(() => Fs.writeFileSync(slow, "", { mode: 0o600 }))
      // A jump host's login comes before the host's key, and its own ssh writes to the same log.
      const judged = verbose ? readTail(log) : beforeLogin(readHead(log))
      return yield* explainFailure(host, readTail(log), { log: judged, names: config.names })
    }
    if (!(yield* isAlive(master))) {
      return yield* new HostUnreachable({ host, reason: "dropped", words: "the connection ended at once" })
    }
    if (patient && (yield* Clock.currentTimeMillis) - since < ALIVE_MS) remove(slow)
    if (OTHER_MASTER.test(readTail(log))) return master
    // The ssh process continues to write to the renamed file.
    Fs.renameSync(log, master.log)
    yield* Effect.ignore(openFirstSession(host, master))
    return master
  })

  /**
   * Runs `true` as a first session: from then on both ends send small packets at once (TCP_NODELAY, which ssh sets
   * then). Without it a key that is typed into a forwarded socket is shown 40 ms late. Nothing waits for it. It ends
   * in time, or with this process, also where a login script holds it: it takes a place, and keeps the connection.
   */
  const openFirstSession = (host: HostName, { control }: Master) =>
    Effect.map(
      Child.spawn(ssh.file, sessionArgs(ssh, { host, control, log: "/dev/null", command: "true" }), {
        detached: true,
        env: quietEnv(env),
        stdio: "ignore"
      }),
      (child) => {
        child.unref()
        const end = () => Child.end(child, false)
        const timer = setTimeout(end, FIRST_SESSION_MS).unref()
        const forget = atEnd(end)
        child.once("exit", () => {
          clearTimeout(timer)
          forget()
        })
      }
    )

  const connect = Effect.fnUntraced(function*(
    host: HostName,
    dir: ControlDir,
    master: Master,
    config: HostConfig,
    options: ConnectOptions | undefined
  ) {
    const log = dir.once("log")
    const slow = dir.slow(host)
    const acceptNew = yield* acceptsNew(host, config, { env, ssh }, dir)
    const tryOnce = Effect.flatMap(isAlive(master), (there) => {
      if (there) return Effect.succeed(master)
      remove(master.control)
      const once = attempt(host, master, log, slow, config, acceptNew, options)
      if (Fs.existsSync(slow)) return once
      return Effect.catchTag(once, "HostUnreachable", (error) => Fs.existsSync(slow) ? once : Effect.fail(error))
    })
    const shaken = handshakes({
      host,
      endpoint: config.via ?? `${config.get("hostname")}:${config.get("port")}`,
      prompts: options?.prompts,
      limit: patienceFor(config, options).limitMs,
      attempt: tryOnce
    })
    const isInteractive = options?.prompts === "interactive"
    const isProxied = config.via !== undefined && config.via === config.get("proxycommand")
    const wait: Wait = {
      awaited: () => {
        const stage = stageOf(readTail(log))
        if (!isInteractive) return stage === "asking" ? "login" : stage
        // A proxy may ask at any time. A jump host's ssh writes to the same log.
        return stage === "asking" || isProxied ? undefined : stage
      },
      isTerminalShared: isInteractive
    }
    return yield* Effect.ensuring(waiting(options, wait)(shaken), Effect.sync(() => remove(log)))
  })

  const get = Effect.fnUntraced(function*(host: HostName, options: ConnectOptions | undefined, number = 0) {
    const at = yield* controlDir
    const config = yield* lookUp(host, options)
    const master = locate(at, config, number)
    if (yield* isAlive(master)) {
      if (sizeOf(master.log) > MAX_LOG_BYTES) shorten(master.log)
      return master
    }
    return yield* share(`${options?.prompts ?? "batch"} ${master.control}`, connect(host, at, master, config, options))
  })

  const has = (host: HostName, number: number) =>
    Effect.all([controlDir, lookUp(host, undefined)]).pipe(
      Effect.flatMap(([at, config]) => isAlive(locate(at, config, number))),
      Effect.orElseSucceed(() => false)
    )

  const describe = Effect.fnUntraced(function*(host: HostName) {
    const config = yield* lookUp(host, undefined)
    return {
      hostname: config.get("hostname") ?? host,
      port: Number(config.get("port") ?? 22),
      user: config.get("user") ?? "",
      agent: yield* listening(forwardedAgent(config, env))
    }
  })

  const close = (host: HostName) =>
    Effect.all([controlDir, lookUp(host, undefined)]).pipe(
      Effect.flatMap(([at, config]) =>
        Effect.forEach(Array.from({ length: MAX_CONNECTIONS }, (_, number) => locate(at, config, number)), (master) =>
          Effect.ignore(Effect.ensuring(Mux.terminate(master.control), Effect.sync(() => remove(master.log)))))
      ),
      Effect.ignore
    )

  return { get, has, describe, close }
})

const isAlive = (master: Master): Effect.Effect<boolean> =>
  Effect.match(Mux.alive(master.control), { onSuccess: () => true, onFailure: () => false })

/** How long this host may take. */
const patienceFor = (config: HostConfig, options: ConnectOptions | undefined) =>
  patienceOf(options, ownTimeoutMs(config.get("connecttimeout")), config.via !== undefined)

/** `ssh -G` has expanded what it names. */
const forwardedAgent = ({ get }: HostConfig, env: MastersOptions["env"]): string | undefined =>
  Result.merge(forwardedAgentOf<never>({ get, expand: Result.succeed }, env))

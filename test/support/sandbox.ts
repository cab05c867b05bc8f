import { type ChildProcess, spawn, type SpawnOptions, spawnSync } from "node:child_process"
import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { until } from "./until.ts"

/** The built executable: e2e tests know nothing else of sesh. */
export const SESH = path.resolve(import.meta.dirname, "../../dist/sesh")

export interface Result {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly out: string
  readonly err: string
}

/** A home of its own, with sessions of its own, which are gone when it is. */
export interface Sandbox {
  readonly home: string
  /** Where the sockets are. */
  readonly dir: string
  readonly env: NodeJS.ProcessEnv
  /** Runs sesh to its end; standard input is empty unless given. */
  readonly sesh: (args: ReadonlyArray<string>, options?: SpawnOptions & { readonly input?: string }) => Promise<Result>
  /** Starts sesh and leaves it running. */
  readonly start: (args: ReadonlyArray<string>, options?: SpawnOptions) => ChildProcess
  /** The processes of this sandbox: their command lines by pid. */
  readonly processes: () => Map<number, string>
  /** The daemon of a session, found by its command line. */
  readonly daemon: (name: string) => Promise<number>
  readonly dispose: () => Promise<void>
}

const collect = (child: ChildProcess): Promise<Result> =>
  new Promise((resolve, reject) => {
    let out = ""
    let err = ""
    child.stdout?.on("data", (bytes: Buffer) => (out += bytes.toString()))
    child.stderr?.on("data", (bytes: Buffer) => (err += bytes.toString()))
    child.once("error", reject)
    child.once("close", (code, signal) => resolve({ code, signal, out, err }))
  })

export const sandbox = (extra?: Record<string, string | undefined>): Sandbox => {
  const home = realpathSync(mkdtempSync(path.join(tmpdir(), "sesh-")))
  const dir = path.join(home, ".sesh")
  const env: NodeJS.ProcessEnv = {
    HOME: home,
    PATH: process.env["PATH"],
    SHELL: "/bin/bash",
    TERM: "xterm-256color",
    LANG: "C.UTF-8",
    PS1: "$ ",
    // Marks the processes that belong to this sandbox.
    SESH_SANDBOX: home,
    ...extra
  }
  const start = (args: ReadonlyArray<string>, options?: SpawnOptions) =>
    spawn(SESH, args, { cwd: home, env, ...options })
  const processes = () => {
    const found = new Map<number, string>()
    for (const entry of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
      try {
        const environ = readFileSync(`/proc/${entry}/environ`, "latin1")
        if (!environ.split("\0").includes(`SESH_SANDBOX=${home}`)) continue
        found.set(Number(entry), readFileSync(`/proc/${entry}/cmdline`, "utf8").replaceAll("\0", " ").trim())
      } catch {
        // Ended while we looked.
      }
    }
    return found
  }
  return {
    home,
    dir,
    env,
    start,
    processes,
    sesh: (args, options) => {
      const { input, ...rest } = options ?? {}
      const child = start(args, { stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"], ...rest })
      if (input !== undefined) child.stdin?.end(input)
      return collect(child)
    },
    daemon: (name) =>
      until(`a daemon for ${name}`, () => {
        for (const [pid, command] of processes()) if (command.endsWith(`--daemon ${name}`)) return pid
        return undefined
      }),
    dispose: async () => {
      const names = readdirSync(home).includes(".sesh")
        ? readdirSync(dir).filter((entry) => entry.endsWith(".sock")).map((entry) => entry.slice(0, -5))
        : []
      if (names.length > 0) spawnSync(SESH, ["--kill", ...names], { env, stdio: "ignore", timeout: 10_000 })
      for (const pid of processes().keys()) {
        try {
          process.kill(pid, "SIGKILL")
        } catch {
          // Ended by itself.
        }
      }
      await until("the end of all processes", () => processes().size === 0, () => [...processes()].join("\n"))
      rmSync(home, { recursive: true, force: true, maxRetries: 5 })
    }
  }
}

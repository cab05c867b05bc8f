import { type ChildProcess, spawn, type SpawnOptions, spawnSync } from "node:child_process"
import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { onTestFinished } from "vitest"
import type { Size } from "../../src/schema/Session.ts"
import { processesOf, SESH } from "./processes.ts"
import { until } from "./until.ts"

export { processesOf, SESH }

export interface Result {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly out: string
  readonly err: string
}

/** A sesh that runs. */
export interface Running {
  readonly child: ChildProcess
  /** Its end, once everybody who holds its pipes has let them go. */
  readonly result: Promise<Result>
  /** Types into its standard input. */
  readonly type: (text: string | Buffer) => void
  /** What it has written so far. */
  readonly out: () => string
  readonly err: () => string
}

/** A session as `sesh --json` tells of it. */
export interface Session {
  readonly name: string
  readonly problem?: string
  readonly info: {
    readonly dir: string
    readonly pid: number
    readonly size: { readonly cols: number; readonly rows: number }
    readonly clients: ReadonlyArray<{ readonly role: string; readonly size?: Size; readonly within?: string }>
    readonly command?: ReadonlyArray<string>
    readonly foreground?: string
  }
}

/** A home of its own, with sessions of its own, which are gone when it is. */
export interface Sandbox {
  readonly home: string
  /** The command line that runs a program where this sandbox is; its own when that is here. */
  readonly within: (command: ReadonlyArray<string>) => readonly [file: string, ...args: Array<string>]
  /** Where the sockets are. */
  readonly dir: string
  readonly env: NodeJS.ProcessEnv
  /** Runs sesh to its end; standard input is empty unless given. */
  readonly sesh: (args: ReadonlyArray<string>, options?: SpawnOptions & { readonly input?: string }) => Promise<Result>
  /** Starts sesh, on pipes unless told otherwise, and leaves it running. */
  readonly start: (args: ReadonlyArray<string>, options?: SpawnOptions) => Running
  /** Runs another program to its end, without any input: a script of a user's. */
  readonly run: (file: string, args: ReadonlyArray<string>) => Promise<Result>
  /** What `sesh --json` lists once every session answers it. */
  readonly sessions: () => Promise<ReadonlyArray<Session>>
  /** Waits until a session has so many clients. */
  readonly clients: (name: string, count: number) => Promise<void>
  /** The processes of this sandbox: their command lines by pid. */
  readonly processes: () => Map<number, string>
  /** A process, found by what its command line ends with. */
  readonly process: (commandEnd: string) => Promise<number>
  /** The daemon of a session. */
  readonly daemon: (name: string) => Promise<number>
  /** What a file in the home contains, once it is there and its last line is whole. */
  readonly file: (name: string) => Promise<string>
  /** What lies in the home, but for what was there in the beginning. */
  readonly made: () => ReadonlyArray<string>
}

const running = (child: ChildProcess): Running => {
  const chunks: { readonly out: Array<Buffer>; readonly err: Array<Buffer> } = { out: [], err: [] }
  child.stdout?.on("data", (bytes: Buffer) => void chunks.out.push(bytes))
  child.stderr?.on("data", (bytes: Buffer) => void chunks.err.push(bytes))
  // The reader of our end may be gone first.
  child.stdin?.on("error", () => {})
  const out = () => Buffer.concat(chunks.out).toString()
  const err = () => Buffer.concat(chunks.err).toString()
  const result = new Promise<Result>((resolve, reject) => {
    child.once("error", reject)
    child.once("close", (code, signal) => resolve({ code, signal, out: out(), err: err() }))
  })
  return { child, result, out, err, type: (text) => void child.stdin?.write(text) }
}

/** The same prompt on every machine, and no history file. */
const BASHRC = "PS1='$ '\nPS2='> '\nunset HISTFILE PROMPT_COMMAND\n"

const quietly = (act: () => void): void => {
  try {
    act()
  } catch {
    // Ended, or gone, by itself.
  }
}

/** What is to be done at the end of something, last things first. */
export type AtEnd = (clean: () => Promise<void> | void) => void

/**
 * A sandbox for the test that runs now, unless `atEnd` says for how long. `prefix`: what runs a program elsewhere,
 * known as soon as the first one runs.
 */
export const sandbox = (
  extra?: Record<string, string | undefined>,
  prefix: () => ReadonlyArray<string> = () => [],
  atEnd: AtEnd = onTestFinished
): Sandbox => {
  const home = realpathSync(mkdtempSync(path.join(tmpdir(), "sesh-")))
  writeFileSync(path.join(home, ".bashrc"), BASHRC)
  const dir = path.join(home, ".sesh")
  const env: NodeJS.ProcessEnv = {
    HOME: home,
    PATH: `${path.dirname(SESH)}:${process.env["PATH"]}`,
    SHELL: "/bin/bash",
    TERM: "xterm-256color",
    LANG: "C.UTF-8",
    // The run's own: what is left there is told in the end.
    TMPDIR: tmpdir(),
    // Marks the processes that belong to this sandbox.
    SESH_SANDBOX: home,
    ...extra
  }

  const within: Sandbox["within"] = (command) => [...prefix(), ...command] as unknown as readonly [string]

  const start: Sandbox["start"] = (args, options) => {
    const [file, ...rest] = within([SESH, ...args])
    return running(spawn(file, rest, { cwd: home, env, ...options }))
  }

  const run: Sandbox["run"] = (program, args) => {
    const [file, ...rest] = within([program, ...args])
    return running(spawn(file, rest, { cwd: home, env, stdio: ["ignore", "pipe", "pipe"] })).result
  }

  const sesh: Sandbox["sesh"] = (args, options) => {
    const { input, ...rest } = options ?? {}
    const { child, result } = start(args, { stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"], ...rest })
    if (input !== undefined) child.stdin?.end(input)
    return result
  }

  const listed = async () => {
    const { code, err, out } = await sesh(["--json"])
    if (code !== 0) throw new Error(`sesh --json: exit ${code}, ${err}`)
    return (JSON.parse(out) as { sessions: ReadonlyArray<Session> }).sessions
  }

  // A listing waits a second for an answer; on a busy machine a session may need longer, and is listed with a problem.
  const sessions = () =>
    until("all sessions answer a listing", async () => {
      const found = await listed()
      return found.every(({ problem }) => problem === undefined) && found
    })

  const processes = () => processesOf(home)

  const find: Sandbox["process"] = (commandEnd) =>
    until(
      `a process "... ${commandEnd}"`,
      () => [...processes()].find(([, command]) => command.endsWith(commandEnd))?.[0],
      () => [...processes()].join("\n")
    )

  atEnd(async () => {
    const names = readdirSync(home).includes(".sesh") && spawnSync(SESH, ["--names"], { env, encoding: "utf8" }).stdout
    if (names) spawnSync(SESH, ["--kill", ...names.trim().split("\n")], { env, stdio: "ignore", timeout: 10_000 })
    await until("the end of all processes", () => {
      const left = processes()
      for (const pid of left.keys()) quietly(() => process.kill(pid, "SIGKILL"))
      return left.size === 0
    }, () => [...processes()].join("\n"))
    rmSync(home, { recursive: true, force: true, maxRetries: 5 })
  })

  return {
    home,
    within,
    dir,
    env,
    start,
    sesh,
    run,
    sessions,
    processes,
    process: find,
    clients: async (name, count) => {
      await until(
        `${count} clients of ${name}`,
        async () => (await sessions()).find((session) => session.name === name)?.info.clients.length === count
      )
    },
    daemon: (name) => find(`--daemon ${name}`),
    file: (name) =>
      until(`a file ${name}`, () => {
        try {
          const content = readFileSync(path.join(home, name), "utf8")
          return content.endsWith("\n") && content
        } catch {
          return undefined
        }
      }),
    made: () => readdirSync(home).filter((entry) => entry !== ".bashrc" && !entry.startsWith("tmux-")).toSorted()
  }
}

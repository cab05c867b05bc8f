/** A client with hosts to reach, and what runs on it. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { execFile, spawn } from "node:child_process"
import * as fs from "node:fs"
import * as path from "node:path"
import { type Lab, type LabOptions, makeLab } from "../../test/support/lab.ts"
import { processesOf } from "../../test/support/processes.ts"
import { end, type Home } from "./machine.ts"
import { READY } from "./peers.ts"
import { open } from "./screen.ts"
import { SESH } from "./turns.ts"

export const SIZE = { cols: 80, rows: 24 }

/** Says that it is there, then gives back what it reads. */
export const ECHO = `stty raw -echo; printf '${READY}'; exec cat`

export interface Client {
  readonly home: string
  readonly env: Readonly<Record<string, string>>
  readonly lab: Lab
}

/** A client and so many hosts, in a directory of their own. */
export const clientIn = (
  { dir, env }: Home,
  name: string,
  hosts: number,
  options: LabOptions = {}
): Effect.Effect<Client, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.promise(async (): Promise<Client> => {
      const home = path.join(dir, name, "client")
      const there = path.join(dir, name, "hosts")
      for (const made of [home, there]) fs.mkdirSync(made, { mode: 0o700, recursive: true })
      const lab = await makeLab(hosts, there, home, { ...options, sshd: ["MaxStartups 100", ...options.sshd ?? []] })
      const PATH = [path.join(there, "bin"), path.dirname(SESH), env["PATH"]].join(":")
      return { home, env: { ...env, HOME: home, PATH, SESH_SANDBOX: home }, lab }
    }),
    ({ lab }) => Effect.promise(lab.stop)
  )

export const onClient = ({ lab }: Client, command: ReadonlyArray<string>) => [...lab.prefix(), ...command]

/** A terminal on which a command runs on the client. */
export const screenOf = (
  client: Client,
  { env }: { readonly env?: Readonly<Record<string, string>> },
  command: ReadonlyArray<string>
) => open({ command: onClient(client, command), env: { ...client.env, ...env }, cwd: client.home, size: SIZE })

/** Options of ssh for a connection that the user keeps himself. */
export const master = (
  home: string
): ReadonlyArray<string> => ["-oControlMaster=auto", `-oControlPath=${home}/.ssh/%C`, "-oControlPersist=600"]

/** Runs a command on the client to its end. Undefined when it went well, or else what it said. */
export const runOn = (client: Client, command: ReadonlyArray<string>, env?: Readonly<Record<string, string>>) =>
  Effect.callback<string | undefined>((resume) => {
    const [file, ...args] = onClient(client, command)
    // Not for this process to wait for: on the loopback the way to the hosts is in it.
    execFile(file!, args, { env: { ...client.env, ...env }, cwd: client.home }, (error, _, stderr) => {
      resume(Effect.succeed(error === null ? undefined : `${stderr.trim().split("\n")[0]} (status ${error.code})`))
    })
  })

/** Ends what the client has running: no connection is kept. */
export const cool = (client: Client) =>
  Effect.forEach(processesOf(client.home).keys(), end, { concurrency: "unbounded", discard: true })

/** Runs a command for each host at once, or one for all: milliseconds until all have ended. */
export const together = (
  client: Client,
  commands: ReadonlyArray<ReadonlyArray<string>>,
  env?: Readonly<Record<string, string>>
) =>
  Effect.promise(async () => {
    const begun = performance.now()
    await Promise.all(commands.map((command) =>
      new Promise<void>((resolve, reject) => {
        const [file, ...args] = onClient(client, command)
        const child = spawn(file!, args, { env: { ...client.env, ...env }, cwd: client.home, stdio: "ignore" })
        child.once("error", reject)
        child.once("exit", (code) => code === 0 ? resolve() : reject(new Error(`${command.join(" ")}: status ${code}`)))
      })
    ))
    return performance.now() - begun
  })

/**
 * Hosts to play with: h1, h2, … with an sshd each, that let a client's key in, and sesh in ~/.local/bin. In namespaces
 * where this user may make them, and on the loopback where not, or when SESH_TEST_HOSTS is `loopback`.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process"
import * as fs from "node:fs"
import * as path from "node:path"
import type { Machine, Way } from "./ground.ts"
import { loopback } from "./loopback.ts"
import { available, namespaces } from "./namespaces.ts"
import { processesOf, SESH } from "./processes.ts"
import { descendants } from "./sshd.ts"
import { until } from "./until.ts"

export const SSHD = "/usr/sbin/sshd"

export interface Host {
  /** As the client's ssh knows it. */
  readonly name: string
  readonly home: string
  /** Where its sessions' sockets are. */
  readonly dir: string
  readonly way: Way
  /** Runs a shell script on it, past ssh: its standard output. */
  readonly run: (script: string) => string
  /** What runs there: command lines by pid, as this system counts them. */
  readonly processes: () => ReadonlyMap<number, string>
  /** sshd's words. */
  readonly log: () => string
  /** Ends the connections that there are; sshd takes new ones. */
  readonly killConnections: () => void
  /** Ends the listener; connections live on, as when a system restarts its sshd. */
  readonly stopSshd: () => Promise<void>
  readonly startSshd: () => Promise<void>
  /** All that runs there is gone at once, and sshd starts again. */
  readonly reboot: () => Promise<void>
  /** Is off, or on again. */
  readonly down: () => Promise<void>
  readonly up: () => Promise<void>
}

export interface LabOptions {
  /** Lines of every sshd_config, before ours: the first of two counts. */
  readonly sshd?: ReadonlyArray<string>
  /** Further lines of the client's configuration for every host. */
  readonly ssh?: ReadonlyArray<string>
  /** The hosts' keys are on record from the beginning, unless this is false. */
  readonly known?: boolean
  /** Of the client's key. */
  readonly passphrase?: string
  /** Where the hosts are; in namespaces where they can be had, unless given. */
  readonly ground?: "loopback"
}

export interface Lab {
  readonly hosts: ReadonlyArray<Host>
  /** Runs a program on the client. */
  readonly prefix: () => ReadonlyArray<string>
  readonly stop: () => Promise<void>
}

/** Whether the hosts are machines of their own, with a pid 1, a host name and users. */
export const inNamespaces = process.env["SESH_TEST_HOSTS"] !== "loopback" && available()

/** As a system sets a user up: what he installs himself is found by login shells. */
const dotfiles = (name: string): Readonly<Record<string, string>> => ({
  ".bashrc": `PS1='${name}$ '\nPS2='> '\nunset HISTFILE PROMPT_COMMAND\n`,
  ".profile": ". ~/.bashrc\nPATH=\"$HOME/.local/bin:$PATH\"\n"
})

const keygen = (file: string, passphrase = ""): string => {
  execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", passphrase, "-C", "test", "-f", file])
  return fs.readFileSync(`${file}.pub`, "utf8").split(" ").slice(0, 2).join(" ")
}

interface Daemon {
  readonly start: () => Promise<void>
  readonly stop: () => Promise<void>
  readonly killConnections: () => void
  readonly log: () => string
}

const sshdOn = (
  machine: Machine,
  home: string,
  file: (suffix: string) => string,
  options: ReadonlyArray<string>
): Daemon => {
  fs.writeFileSync(
    file("conf"),
    [
      ...options,
      `SetEnv ${[...machine.env, `SESH_SANDBOX=${home}`].join(" ")}`,
      `ListenAddress ${machine.listens.address}:${machine.listens.port}`,
      `HostKey ${file("key")}`,
      `AuthorizedKeysFile ${file("authorized")}`,
      "PidFile none",
      "StrictModes no",
      "PermitRootLogin yes",
      "UsePAM no",
      "PasswordAuthentication no",
      "KbdInteractiveAuthentication no",
      "PrintMotd no",
      "PrintLastLog no",
      "Subsystem sftp internal-sftp",
      ""
    ].join("\n")
  )
  let child: ChildProcess | undefined
  /** Connections of listeners that have ended. */
  let orphans: ReadonlyArray<number> = []
  const log = () => fs.readFileSync(file("log"), "utf8")
  /** sshd itself, and those of its children that are connections. */
  const sshds = () =>
    [child!.pid!, ...descendants(child!.pid!), ...orphans].filter((pid) => {
      try {
        return fs.readFileSync(`/proc/${pid}/comm`, "latin1").startsWith("sshd")
      } catch {
        return false
      }
    })
  const signal = (pids: ReadonlyArray<number>, name: NodeJS.Signals) => {
    for (const pid of pids) {
      try {
        process.kill(pid, name)
      } catch {
        // It has just ended.
      }
    }
  }
  return {
    log,
    start: async () => {
      const fd = fs.openSync(file("log"), "w")
      // Ends with this process, whatever becomes of it.
      const withUs = process.platform === "linux" ? ["setpriv", "--pdeathsig", "KILL"] : []
      const [program, ...args] = [...withUs, ...machine.prefix(), SSHD, "-D", "-e", "-f", file("conf")]
      child = spawn(program!, args, { stdio: ["ignore", "ignore", fd] })
      fs.closeSync(fd)
      await until("sshd listens", () => log().includes("Server listening"), log)
    },
    stop: async () => {
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
      const [listener, ...connections] = sshds()
      if (listener === undefined) return
      orphans = connections
      signal([listener], "SIGTERM")
      await until("sshd has ended", () => child!.exitCode !== null || child!.signalCode !== null)
    },
    killConnections: () => {
      const [first, ...rest] = sshds()
      signal(orphans.includes(first!) ? [first!, ...rest] : rest, "SIGKILL")
    }
  }
}

/** `dir`: for the hosts; the client's home is elsewhere, and has no ~/.ssh yet. */
export const makeLab = async (
  count: number,
  dir: string,
  clientHome: string,
  options: LabOptions = {}
): Promise<Lab> => {
  const isApart = inNamespaces && options.ground !== "loopback"
  const ground = await (isApart ? namespaces : loopback)(dir, clientHome)
  const stops: Array<() => Promise<void>> = []
  // What sshd wants when root runs it; systems make it when they start theirs.
  if (process.getuid?.() === 0) fs.mkdirSync("/run/sshd", { recursive: true, mode: 0o755 })

  const ssh = path.join(clientHome, ".ssh")
  fs.mkdirSync(ssh, { mode: 0o700 })
  const key = path.join(ssh, "id_ed25519")
  const allowed = keygen(key, options.passphrase)
  const config: Array<string> = []
  const known: Array<string> = []

  const add = async (name: string): Promise<Host> => {
    const home = path.join(dir, name)
    fs.mkdirSync(path.join(home, ".local/bin"), { recursive: true, mode: 0o700 })
    fs.symlinkSync(SESH, path.join(home, ".local/bin/sesh"))
    for (const [file, text] of Object.entries(dotfiles(name))) fs.writeFileSync(path.join(home, file), text)
    const file = (suffix: string) => path.join(dir, `${name}.${suffix}`)
    const hostKey = keygen(file("key"))
    fs.writeFileSync(file("authorized"), `${allowed}\n`)
    const machine = await ground.machine(name, home)
    const sshd = sshdOn(machine, home, file, options.sshd ?? [])
    config.push(
      `Host ${name}`,
      ...options.ssh ?? [],
      `HostName ${machine.address}`,
      `Port ${machine.port}`,
      `IdentityFile ${key}`,
      "IdentitiesOnly yes",
      `UserKnownHostsFile ${ssh}/known_hosts`,
      "GlobalKnownHostsFile none"
    )
    known.push(`${machine.port === 22 ? machine.address : `[${machine.address}]:${machine.port}`} ${hostKey}`)
    const gone = () => until(`the end of all that runs on ${name}`, () => processesOf(home).size === 0)
    const down = async () => {
      sshd.killConnections()
      await sshd.stop()
      await machine.down()
      await gone()
    }
    const up = async () => {
      await machine.up()
      await sshd.start()
    }
    await sshd.start()
    stops.push(async () => {
      sshd.killConnections()
      await sshd.stop()
    })
    return {
      name,
      home,
      dir: path.join(home, ".sesh"),
      way: machine.way,
      run: (script) => {
        const [program, ...args] = [...machine.prefix(), "bash", "-c", `cd; ${script}`]
        return execFileSync(program!, args, {
          encoding: "utf8",
          env: { HOME: home, PATH: process.env["PATH"], SESH_SANDBOX: home }
        })
      },
      processes: () => processesOf(home),
      log: sshd.log,
      killConnections: sshd.killConnections,
      stopSshd: sshd.stop,
      startSshd: sshd.start,
      down,
      up,
      reboot: async () => {
        await down()
        await up()
      }
    }
  }

  const made: Array<Host> = []
  for (let index = 1; index <= count; index++) made.push(await add(`h${index}`))
  fs.writeFileSync(path.join(ssh, "config"), `${config.join("\n")}\n`, { mode: 0o600 })
  if (options.known ?? true) fs.writeFileSync(path.join(ssh, "known_hosts"), `${known.join("\n")}\n`, { mode: 0o600 })
  return {
    hosts: made,
    prefix: ground.prefix,
    stop: async () => {
      for (const stop of stops) await stop()
      await ground.stop()
    }
  }
}

/** Real sshds on the loopback, and a user's ssh configuration that leads to them. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process"
import * as fs from "node:fs"
import * as net from "node:net"
import * as path from "node:path"
import { isZombie, readProcStat } from "../../src/layers/system/procStat.ts"
import { until } from "./until.ts"

const SSHD = "/usr/sbin/sshd"

/** Of a running process: its parent and command line, by pid. */
const processTable = (): ReadonlyMap<number, { readonly parent: number; readonly command: string }> => {
  const found = new Map<number, { parent: number; command: string }>()
  for (const entry of fs.readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const stat = readProcStat(Number(entry))
      const command = fs.readFileSync(`/proc/${entry}/cmdline`, "utf8").replaceAll("\0", " ")
      if (stat !== undefined && !isZombie(stat)) found.set(Number(entry), { parent: stat.parent, command })
    } catch {
      // It has just ended.
    }
  }
  return found
}

/** All processes below one, which is not among them. */
export const descendants = (pid: number): ReadonlyArray<number> => {
  const table = processTable()
  const found = [pid]
  for (const parent of found) for (const [child, entry] of table) if (entry.parent === parent) found.push(child)
  return found.slice(1)
}

const kill = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(pid, signal)
  } catch {
    // It has just ended.
  }
}

/** A port that nothing listens on. */
export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = net.createServer()
    server.once("error", reject)
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as net.AddressInfo
      server.close(() => resolve(port))
    })
  })

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = net.connect(port, "127.0.0.1")
    const done = (yes: boolean) => {
      socket.destroy()
      resolve(yes)
    }
    socket.once("data", () => done(true))
    socket.once("error", () => done(false))
    socket.once("close", () => done(false))
  })

const takesConnections = (socketPath: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = net.connect(socketPath, () => {
      socket.destroy()
      resolve(true)
    })
    socket.once("error", () => resolve(false))
  })

export interface Sshd {
  readonly port: number
  /** Its public key, as a line of known_hosts without the name. */
  readonly hostKey: string
  /** Its own words. */
  readonly log: () => string
  /** Ends every connection, and takes new ones. */
  readonly killConnections: () => void
  /** Ends the listener; connections live on, as when a system restarts its sshd. */
  readonly stopListening: () => Promise<void>
  readonly restart: () => Promise<void>
  readonly stop: () => Promise<void>
}

export interface SshdOptions {
  readonly port?: number
  /** Lines of sshd_config, before ours: the first of two counts. */
  readonly options?: ReadonlyArray<string>
  /** What runs it elsewhere: the words before its command. */
  readonly prefix?: ReadonlyArray<string>
}

/** A place for keys, configuration and sshds; all below one directory, all gone after `stop`. */
export interface SshLab {
  readonly dir: string
  /** The user's configuration file. */
  readonly config: string
  readonly knownHosts: string
  /** The user's key, which all sshds let in. */
  readonly key: string
  readonly start: (options?: SshdOptions) => Promise<Sshd>
  /** Adds a host to the configuration; known by no key yet. */
  readonly host: (name: string, lines: Readonly<Record<string, string | number>>) => void
  /** A new key pair; gives the private one's path. */
  readonly keygen: (name: string, passphrase?: string) => string
  /** An ssh-agent with these keys; gives its socket. */
  readonly agent: (...keys: ReadonlyArray<string>) => Promise<string>
  /** Processes that have to do with this place: their command lines. */
  readonly processes: () => ReadonlyMap<number, string>
  readonly stop: () => Promise<void>
}

const processesOf = (dir: string): ReadonlyMap<number, string> =>
  new Map(
    [...processTable()].filter(([, { command }]) => command.includes(dir)).map(([pid, { command }]) => [pid, command])
  )

/** Makes the place. The user of all hosts is the one who runs the test. */
export const sshLab = (dir: string): SshLab => {
  fs.mkdirSync(dir, { recursive: true, mode: 0o700 })
  const file = (name: string) => path.join(dir, name)
  const config = file("config")
  const knownHosts = file("known_hosts")
  const authorized = file("authorized_keys")
  const running: Array<Sshd> = []
  const agents: Array<ChildProcess> = []
  let count = 0

  const keygen = (name: string, passphrase = "") => {
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", passphrase, "-C", name, "-f", file(name)])
    return file(name)
  }

  const key = keygen("id")
  fs.copyFileSync(`${key}.pub`, authorized)
  // What sshd wants when root runs it; systems make it when they start theirs.
  if (process.getuid?.() === 0) fs.mkdirSync("/run/sshd", { recursive: true, mode: 0o755 })

  const login = file("login")
  fs.mkdirSync(login)

  const host: SshLab["host"] = (name, lines) => {
    const defaults = {
      HostName: "127.0.0.1",
      IdentityFile: key,
      IdentitiesOnly: "yes",
      IdentityAgent: "none",
      UserKnownHostsFile: knownHosts,
      GlobalKnownHostsFile: "none"
    }
    const text = Object.entries({ ...defaults, ...lines }).map(([word, value]) => `  ${word} ${value}\n`).join("")
    fs.appendFileSync(config, `Host ${name}\n${text}`, { mode: 0o600 })
  }

  const start: SshLab["start"] = async (options = {}) => {
    const port = options.port ?? await freePort()
    const name = `sshd${++count}`
    const hostKey = keygen(`${name}_key`)
    const logFile = file(`${name}.log`)
    fs.writeFileSync(
      file(`${name}.conf`),
      [
        ...options.options ?? [],
        `Port ${port}`,
        "ListenAddress 127.0.0.1",
        `HostKey ${hostKey}`,
        `AuthorizedKeysFile ${authorized}`,
        `PidFile ${file(`${name}.pid`)}`,
        // What the user's own login scripts do is not for a test; killed halfway, they may leave a mess.
        `SetEnv "HOME=${login}"`,
        "StrictModes no",
        "PermitRootLogin yes",
        "UsePAM no",
        "PasswordAuthentication no",
        "KbdInteractiveAuthentication no",
        "LogLevel VERBOSE",
        ""
      ].join("\n")
    )
    let child: ChildProcess | undefined
    const log = () => fs.readFileSync(logFile, "utf8")
    const launch = async () => {
      const fd = fs.openSync(logFile, "a")
      const [program, ...args] = [...options.prefix ?? [], SSHD, "-D", "-e", "-f", file(`${name}.conf`)]
      child = spawn(program!, args, { stdio: ["ignore", "ignore", fd] })
      fs.closeSync(fd)
      await until(`sshd answers on port ${port}`, () => answers(port), log)
    }
    const killConnections = () => {
      for (const pid of child?.pid === undefined ? [] : descendants(child.pid)) kill(pid, "SIGKILL")
    }
    const ended = async () => {
      await until("sshd has ended", () => child === undefined || child.exitCode !== null || child.signalCode !== null)
    }
    const stopListening = async () => {
      child?.kill("SIGTERM")
      await ended()
    }
    const stop = async () => {
      killConnections()
      await stopListening()
    }
    await launch()
    const sshd: Sshd = {
      port,
      hostKey: fs.readFileSync(`${hostKey}.pub`, "utf8").split(" ").slice(0, 2).join(" "),
      log,
      killConnections,
      stopListening,
      restart: async () => {
        await stop()
        await launch()
      },
      stop
    }
    running.push(sshd)
    return sshd
  }

  const agent: SshLab["agent"] = async (...keys) => {
    const socket = file(`agent${agents.length}`)
    agents.push(spawn("ssh-agent", ["-D", "-a", socket], { stdio: "ignore" }))
    await until("the agent takes connections", () => takesConnections(socket))
    for (const one of keys) execFileSync("ssh-add", ["-q", one], { env: { ...process.env, SSH_AUTH_SOCK: socket } })
    return socket
  }

  return {
    dir,
    config,
    knownHosts,
    key,
    start,
    host,
    keygen,
    agent,
    processes: () => processesOf(dir),
    stop: async () => {
      for (const sshd of running) await sshd.stop()
      for (const one of agents) one.kill("SIGKILL")
      await until("all its processes have ended", () => {
        const left = processesOf(dir)
        for (const pid of left.keys()) kill(pid, "SIGKILL")
        return left.size === 0
      }, () => [...processesOf(dir)].join("\n"))
    }
  }
}

/** A link on the way to a port, which can be cut so that neither side hears of it. */
export interface Link {
  readonly port: number
  /** How many connections it has taken. */
  readonly taken: () => number
  /** Nothing goes through any more, and nothing says so. */
  readonly cut: () => void
  readonly heal: () => void
  readonly stop: () => Promise<void>
}

export const link = async (to: number): Promise<Link> => {
  const sockets = new Set<net.Socket>()
  let isCut = false
  let taken = 0
  const server = net.createServer((near) => {
    taken++
    const far = net.connect(to, "127.0.0.1")
    for (const [from, into] of [[near, far], [far, near]] as const) {
      sockets.add(from)
      from.setNoDelay(true)
      from.on("error", () => {})
      from.on("data", (bytes) => {
        if (into.write(bytes) || isCut) return
        from.pause()
        into.once("drain", () => isCut || from.resume())
      })
      from.on("close", () => {
        sockets.delete(from)
        if (!isCut) into.destroy()
      })
    }
    if (isCut) { for (const socket of [near, far]) socket.pause() }
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  return {
    port: (server.address() as net.AddressInfo).port,
    taken: () => taken,
    cut: () => {
      isCut = true
      for (const socket of sockets) socket.pause()
    },
    heal: () => {
      isCut = false
      for (const socket of sockets) socket.resume()
    },
    stop: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy()
        server.close(() => resolve())
      })
  }
}

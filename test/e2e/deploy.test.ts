import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { expect, it, onTestFinished } from "vitest"
import { describeWith } from "../support/needs.ts"
import { ownSsh } from "../support/ownSsh.ts"
import { startRegistry, tarball } from "../support/registry.ts"
import { sandbox, SESH } from "../support/sandbox.ts"
import { sshLab } from "../support/sshd.ts"
import { terminal } from "../support/terminal.ts"
import { until } from "../support/until.ts"

/** Hosts with a home of their own, and the sandbox whose ssh leads to them. */
const hosts = async (...names: ReadonlyArray<string>) => {
  const dir = realpathSync(mkdtempSync(path.join(tmpdir(), "sesh-deploy-")))
  const lab = sshLab(path.join(dir, "lab"))
  const homes = new Map<string, ReturnType<typeof sandbox>>()
  onTestFinished(async () => {
    await lab.stop()
    rmSync(dir, { recursive: true, force: true, maxRetries: 5 })
  })
  lab.host("unused", { Port: 1 })
  const bin = path.join(dir, "bin")
  ownSsh(bin, lab.config)
  const box = sandbox({ PATH: `${bin}:${process.env["PATH"]}` })
  for (const name of names) {
    const there = sandbox()
    homes.set(name, there)
    // If there is an npm, it gets nothing.
    writeFileSync(path.join(there.home, ".npmrc"), "registry=http://127.0.0.1:1/\n")
    // What is in there goes before the system's own.
    const wrappers = path.join(there.home, "wrappers")
    const env = `HOME=${there.home} SESH_SANDBOX=${there.home} PATH=${wrappers}:/usr/bin:/bin SHELL=/bin/sh`
    // sshd goes to the home of this user, whatever HOME says.
    const command = `cd '${there.home}' && exec sh -c "$SSH_ORIGINAL_COMMAND"`
    const sshd = await lab.start({ options: [`SetEnv ${env}`, `ForceCommand ${command}`] })
    lab.host(name, { Port: sshd.port })
    // As sesh remembers a host where it has worked.
    const known = { host: name, at: 0, sesh: "0.0.1", home: there.home, dir: `${there.home}/.sesh`, sessions: [] }
    mkdirSync(path.join(box.home, ".local/state/sesh/remotes"), { recursive: true })
    writeFileSync(path.join(box.home, ".local/state/sesh/remotes", `${name}.json`), JSON.stringify(known))
  }
  return { box, lab, home: (name: string) => homes.get(name)! }
}

const target = (home: string) => path.join(home, ".local/bin/sesh")

describeWith(["ssh", "sshd", "ssh-keygen"], "sesh --deploy", () => {
  it("puts this very executable on a host without npm; sessions that run there outlast it", async () => {
    const { box, home } = await hosts("web")
    const there = home("web")
    // An old one, with a session.
    mkdirSync(path.dirname(target(there.home)), { recursive: true })
    writeFileSync(target(there.home), readFileSync(SESH), { mode: 0o755 })
    const session = ["dev", "-d", "--", "sh", "-c", "echo first; read line; echo got $line; exec sleep 1000"]
    expect(await there.run(target(there.home), session)).toMatchObject({ code: 0 })
    const daemon = await there.daemon("dev")
    rmSync(target(there.home))
    writeFileSync(target(there.home), "#!/bin/sh\necho sesh 0.0.9\n", { mode: 0o755 })

    const { code, err, out } = await box.sesh(["--deploy", "@web"])
    expect([code, out, err]).toEqual([0, "web: sesh 0.1.0 installed, as a copy\n", ""])
    expect(readFileSync(target(there.home)).equals(readFileSync(SESH))).toBe(true)
    expect(readdirSync(path.dirname(target(there.home)))).toEqual(["sesh"])
    // The session is still that of the old one, and the new one can use it.
    expect(await there.run(target(there.home), ["--send", "dev", "hello", "--enter"])).toMatchObject({ code: 0 })
    expect((await there.sessions()).map(({ info, name }) => [name, info.pid > 0])).toEqual([["dev", true]])
    expect(await there.daemon("dev")).toBe(daemon)
    expect(await box.sesh(["--deploy", "@web"])).toMatchObject({ code: 0, out: "web: sesh 0.1.0 is there already\n" })
  })

  it("does so by itself when a session is opened, which has the user's files; the second time there is nothing to do", async () => {
    const { box, home } = await hosts("web")
    const there = home("web").home
    // Nothing may be copied to the home of the user who runs this.
    const unasked = ["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR"]
    const pwd = await box.run("ssh", [...unasked.map((option) => `-o${option}`), "web", "pwd"])
    expect(pwd).toMatchObject({ out: `${there}\n`, err: "" })
    const log = path.join(box.home, "log")
    const paths = ["bin/my tool", ".editrc", "notes"]
    for (const name of ["bin", "notes", ".config/sesh"]) mkdirSync(path.join(box.home, name), { recursive: true })
    for (const name of ["bin/my tool", ".editrc", "notes/a"]) writeFileSync(path.join(box.home, name), name)
    writeFileSync(path.join(box.home, ".config/sesh/sync"), `${paths.join("\n")}\n`)
    writeFileSync(path.join(there, ".profile"), "PS1='there$ '\n")
    const t = await terminal(box, { env: { SESH_EVENT_LOG: log } })
    const events = () =>
      readFileSync(log, "utf8").trimEnd().split("\n").map((line) => JSON.parse(line) as Record<string, unknown>)
    const leave = async () => {
      t.type("C-\\")
      await t.shows("[detached from dev on web]")
    }
    t.run(`${SESH} @web dev`)
    // What compresses, sends and unpacks a hundred megabytes takes its time on a busy machine.
    const isDeployed = () => existsSync(log) && events().some(({ event }) => event === "deploy_done")
    await until("it is deployed", isDeployed, t.screen, 90_000)
    await t.prompt("there$")
    t.run("cat 'bin/my tool' .editrc notes/a; echo")
    await t.shows("bin/my tool.editrcnotes/a")
    await leave()
    const first = events()
    expect(first.map(({ event }) => event).toSorted()).toEqual([
      "deploy_done",
      "deploy_start",
      "session_attached",
      "session_created",
      "session_detached",
      "sync_done",
      "sync_path_pushed",
      "sync_path_pushed",
      "sync_path_pushed",
      "sync_start"
    ])
    expect(first.filter(({ event }) => event === "deploy_done" || event === "session_created")).toMatchObject([
      { host: "web", way: "copy" },
      { host: "web", name: "dev" }
    ])
    expect(existsSync(target(there))).toBe(true)
    t.fresh(`${SESH} @web dev`)
    await t.prompt("there$")
    await leave()
    expect(events().slice(first.length).map(({ event }) => event)).toEqual(["session_attached", "session_detached"])
  })

  /** Hosts that say they are of another platform, and run what is this machine's; a registry, a folder, and a log. */
  const disguised = async () => {
    const { box, home } = await hosts("arm", "mac")
    const registry = await startRegistry()
    onTestFinished(registry.stop)
    writeFileSync(path.join(box.home, ".npmrc"), `registry=${registry.url}\n`)
    const packed = (os: string, cpu: string) => {
      const manifest = { name: `sesh-sessions-${os}-${cpu}`, version: "0.1.0", os: [os], cpu: [cpu] }
      return [manifest, tarball(manifest, { "bin/sesh": readFileSync(SESH) })] as const
    }
    const folder = path.join(box.home, "packages")
    mkdirSync(folder)
    const wrap = (name: string, tool: string, script: string) => {
      const dir = path.join(home(name).home, "wrappers")
      mkdirSync(dir, { recursive: true })
      writeFileSync(path.join(dir, tool), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
    }
    wrap("arm", "uname", "case $1 in -s) echo Linux ;; *) echo aarch64 ;; esac")
    wrap("arm", "ls", "echo /lib/ld-linux-aarch64.so.1")
    wrap("arm", "npm", "echo no network >&2; exit 1")
    wrap("mac", "uname", "case $1 in -s) echo Darwin ;; *) echo arm64 ;; esac")
    const log = path.join(box.home, "log")
    const events = () => readFileSync(log, "utf8").trim().split("\n").map((line) => JSON.parse(line) as object)
    const env = { SESH_EXECUTABLES: folder, XDG_CACHE_HOME: path.join(box.home, "cache"), SESH_EVENT_LOG: log }
    const options = { env: { ...box.env, ...env } }
    const deploy = (name: string) => box.sesh(["--deploy", `@${name}`], options)
    const startDeploy = (name: string) => box.start(["--deploy", `@${name}`], options)
    const executables = path.join(env.XDG_CACHE_HOME, "sesh/executables")
    const cache = () => existsSync(executables) ? readdirSync(executables) : []
    return { cache, deploy, events, folder, home, packed, registry, startDeploy }
  }

  it("says where it looked for the executable of another platform", async () => {
    const { deploy, events, home, registry } = await disguised()
    const none = await deploy("arm")
    expect([none.code, none.out]).toEqual([1, ""])
    expect(none.err).toContain("npm there cannot install it (no network), and this sesh is for linux-")
    expect(none.err).toContain(`${registry.url} has no sesh-sessions-linux-arm64@0.1.0; publish `)
    expect(events()).toMatchObject([{ event: "deploy_start" }, { event: "deploy_failed", step: "npm" }])
    expect(existsSync(target(home("arm").home))).toBe(false)
  })

  it("fetches the executable for a host of another platform", async () => {
    const { deploy, events, home, packed, registry } = await disguised()
    registry.add(...packed("linux", "arm64"))
    const fetched = await deploy("arm")
    expect([fetched.code, fetched.out]).toEqual([0, "arm: sesh 0.1.0 installed, as a copy from npm's registry\n"])
    expect(events().at(-1)).toMatchObject({ event: "deploy_done", host: "arm", way: "copy", from: "registry" })
    expect(readFileSync(target(home("arm").home)).equals(readFileSync(SESH))).toBe(true)
  })

  it.for(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
    "leaves nothing in its cache when %s ends it while it fetches",
    async (signal) => {
      const { cache, registry, startDeploy } = await disguised()
      const name = "sesh-sessions-linux-arm64"
      registry.add({ name, version: "0.1.0" }, Buffer.alloc(10_000))
      registry.stall(name)
      const running = startDeploy("arm")
      await until("a part has come", () => cache().length > 0)
      running.child.kill(signal)
      expect(await running.result).toMatchObject({ code: null, signal })
      expect(cache()).toEqual([])
    }
  )

  it("takes the executable for a host of another platform from a folder", async () => {
    const { deploy, folder, home, packed } = await disguised()
    writeFileSync(path.join(folder, "sesh-sessions-darwin-arm64-0.1.0.tgz"), packed("darwin", "arm64")[1])
    const copied = await deploy("mac")
    expect([copied.code, copied.out]).toEqual([0, "mac: sesh 0.1.0 installed, as a copy from SESH_EXECUTABLES\n"])
    expect(await home("mac").run(target(home("mac").home), ["--version"])).toMatchObject({ out: "sesh 0.1.0\n" })
  })

  it("tells what is wrong in a line, and exits with 1", async () => {
    const { box } = await hosts()
    expect(await box.sesh(["--deploy", "@no-such-host.invalid"])).toMatchObject({
      code: 1,
      out: "",
      err: expect.stringMatching(
        /^sesh: cannot put sesh on no-such-host\.invalid: there is no host named [^;]*; check the name[^;]*\n$/
      )
    })
    expect(await box.sesh(["--deploy", "web"])).toMatchObject({
      code: 2,
      err: "sesh: a host is written @web\nusage: sesh --deploy @<host>...\n"
    })
  })
})

describeWith(["ssh", "sshd", "ssh-keygen"], "sesh --upgrade", () => {
  it("upgrades all known hosts, and says of one that it failed", async () => {
    const { box, home, lab } = await hosts("one", "two", "three")
    lab.host("dead", { Port: 1 })
    for (const name of ["one", "two"]) {
      mkdirSync(path.dirname(target(home(name).home)), { recursive: true })
      writeFileSync(target(home(name).home), `#!/bin/sh\necho sesh ${name === "one" ? "0.0.9" : "9.0.0"}\n`, {
        mode: 0o755
      })
    }
    const good = await box.sesh(["--upgrade"])
    expect(good.out.trim().split("\n").toSorted()).toEqual([
      "one: sesh 0.1.0 installed, as a copy",
      "three: sesh 0.1.0 installed, as a copy",
      "two: sesh 9.0.0 is there already"
    ])
    expect([good.code, good.err]).toEqual([0, "2 hosts upgraded, 1 as new as this sesh, 0 failed\n"])
    expect(await home("one").run(target(home("one").home), ["--version"])).toMatchObject({ out: "sesh 0.1.0\n" })
    writeFileSync(path.join(box.home, ".local/state/sesh/remotes/dead.json"), "{}")
    const bad = await box.sesh(["--upgrade"])
    expect(bad.code).toBe(1)
    expect(bad.err).toMatch(
      /^sesh: cannot put sesh on dead: dead refuses.*\n0 hosts upgraded, 3 as new as this sesh, 1 failed\n$/
    )
    expect(existsSync(target(home("three").home))).toBe(true)
  })
})

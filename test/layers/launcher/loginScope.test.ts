import { assert, describe, it } from "@effect/vitest"
import { planStart, type SystemFiles, withoutScope } from "../../../src/layers/launcher/loginScope.ts"

const IN_LOGIN = { "/proc/self/cgroup": "0::/user.slice/user-1000.slice/session-3.scope\n" }
const KILL = { "/etc/systemd/logind.conf": "[Login]\nKillUserProcesses=yes\n" }
const MANAGER = { "/run/user/1000/systemd/private": "", "/usr/bin/systemd-run": "" }
const LINGER = { "/var/lib/systemd/linger/ann": "" }

/** A system with these files. */
const system = (files: Record<string, string>): SystemFiles => ({
  read: (path) => files[path],
  exists: (path) => path in files,
  list: (dir) =>
    Object.keys(files).filter((path) => path.startsWith(`${dir}/`)).map((path) => path.slice(dir.length + 1))
})

const ann = { user: "ann", runtimeDir: "/run/user/1000" }
const plan = (...files: ReadonlyArray<Record<string, string>>) => planStart(system(Object.assign({}, ...files)), ann)

describe("starting a daemon that must outlive the login", () => {
  it("is plain where there is no systemd, or no systemd login", () => {
    assert.deepStrictEqual(plan(), {})
    assert.deepStrictEqual(plan(KILL, { "/proc/self/cgroup": "0::/\n" }), {})
    assert.deepStrictEqual(plan(KILL, { "/proc/self/cgroup": "0::/system.slice/cron.service\n" }), {})
  })

  it("is plain where logind kills no processes", () => {
    assert.deepStrictEqual(plan(IN_LOGIN, MANAGER), {})
    assert.deepStrictEqual(plan(IN_LOGIN, { "/etc/systemd/logind.conf": "[Login]\nKillUserProcesses=no" }), {})
  })

  it("goes through the user's manager where logind kills and the manager lingers", () => {
    assert.deepStrictEqual(plan(IN_LOGIN, KILL, MANAGER, LINGER).systemdRun, "/usr/bin/systemd-run")
    assert.isUndefined(plan(IN_LOGIN, KILL, MANAGER, LINGER).warning)
  })

  it("warns that a manager that does not linger ends with the last login", () => {
    const { systemdRun, warning } = plan(IN_LOGIN, KILL, MANAGER)
    assert.strictEqual(systemdRun, "/usr/bin/systemd-run")
    assert.strictEqual(
      warning,
      "this session will end when you log out for the last time; to keep it, run: loginctl enable-linger"
    )
  })

  it("warns that the daemon ends with the login where there is no manager, or the manager does not work", () => {
    const { login, systemdRun, warning } = plan(IN_LOGIN, KILL, LINGER)
    assert.isUndefined(systemdRun)
    assert.include(warning, "this session will end when you log out;")
    assert.include(login, "session-3.scope")
    assert.deepStrictEqual(withoutScope(plan(IN_LOGIN, KILL, MANAGER, LINGER)), { login: login!, warning: warning! })
    assert.isUndefined(plan(IN_LOGIN, KILL, { "/run/user/1000/bus": "" }).systemdRun)
  })

  it("finds the bus where there is no private socket, and systemd-run in /bin", () => {
    const { systemdRun } = plan(IN_LOGIN, KILL, { "/run/user/1000/bus": "", "/bin/systemd-run": "" })
    assert.strictEqual(systemdRun, "/bin/systemd-run")
  })

  it("stays in the user's manager where it is already, and warns unless that lingers", () => {
    const desktop = { "/proc/self/cgroup": "0::/user.slice/user-1000.slice/user@1000.service/app.slice/term.scope\n" }
    assert.deepStrictEqual(plan(desktop, KILL, MANAGER, LINGER), {})
    assert.include(plan(desktop, MANAGER).warning, "log out for the last time")
    assert.isUndefined(plan(desktop, MANAGER).systemdRun)
  })

  it("knows the login in the old hierarchy of control groups", () => {
    const old =
      "12:pids:/user.slice/user-1000.slice/session-3.scope\n1:name=systemd:/user.slice/user-1000.slice/session-3.scope\n"
    assert.isDefined(plan(KILL, MANAGER, { "/proc/self/cgroup": old }).systemdRun)
  })

  it("tells two logins apart, also after a reboot", () => {
    const boot = (id: string) => ({ "/proc/sys/kernel/random/boot_id": `${id}\n` })
    const logins = [
      plan(IN_LOGIN, KILL, boot("a")),
      plan(IN_LOGIN, KILL, boot("b")),
      plan(KILL, boot("a"), { "/proc/self/cgroup": "0::/user.slice/user-1000.slice/session-4.scope\n" })
    ]
    assert.strictEqual(new Set(logins.map(({ login }) => login)).size, 3)
  })
})

const kills = (files: Record<string, string>, user = "ann"): boolean =>
  planStart(system({ ...IN_LOGIN, ...files }), { user, runtimeDir: undefined }).warning !== undefined

describe("logind's configuration", () => {
  const set = (value: string) => `[Login]\nKillUserProcesses=${value}\n`

  it("is the first main file there is", () => {
    assert.isTrue(kills({ "/usr/lib/systemd/logind.conf": set("yes") }))
    assert.isFalse(kills({ "/usr/lib/systemd/logind.conf": set("yes"), "/etc/systemd/logind.conf": "[Login]\n" }))
  })

  it("goes on in drop-ins by their name, wherever they are; /etc hides a name elsewhere", () => {
    const vendor = { "/usr/lib/systemd/logind.conf.d/50-a.conf": set("yes") }
    assert.isTrue(kills(vendor))
    assert.isFalse(kills({ ...vendor, "/etc/systemd/logind.conf.d/60-b.conf": set("no") }))
    assert.isTrue(kills({ ...vendor, "/etc/systemd/logind.conf.d/40-b.conf": set("no") }))
    assert.isFalse(kills({ ...vendor, "/etc/systemd/logind.conf.d/50-a.conf": "" }))
    assert.isFalse(kills({ "/run/systemd/logind.conf.d/50-a.txt": set("yes") }))
  })

  it("has sections, comments, spaces and several words for yes; other values are ignored", () => {
    assert.isTrue(kills({ "/etc/systemd/logind.conf": "# x\n[Login]\n  KillUserProcesses = on  \n" }))
    assert.isFalse(kills({ "/etc/systemd/logind.conf": "[Other]\nKillUserProcesses=yes\n" }))
    assert.isTrue(kills({ "/etc/systemd/logind.conf": `${set("1")}KillUserProcesses=\nKillUserProcesses=maybe\n` }))
  })

  it("shows what is built in as a comment", () => {
    assert.isTrue(kills({ "/usr/lib/systemd/logind.conf": "[Login]\n#KillUserProcesses=yes\n" }))
    assert.isFalse(kills({ "/etc/systemd/logind.conf": "[Login]\n#KillUserProcesses=no\n" }))
    assert.isFalse(kills({ "/etc/systemd/logind.conf": "[Login]\n#KillUserProcesses=yes\nKillUserProcesses=no\n" }))
  })

  it("spares root unless set otherwise, and users in the exceptions; or kills only those listed", () => {
    const conf = (more: string) => ({ "/etc/systemd/logind.conf": `${set("yes")}${more}` })
    assert.isFalse(kills(conf(""), "root"))
    assert.isTrue(kills(conf("KillExcludeUsers=\n"), "root"))
    assert.isFalse(kills(conf("KillExcludeUsers=bob ann\n")))
    assert.isFalse(kills(conf("KillOnlyUsers=bob\n")))
    assert.isTrue(kills({ "/etc/systemd/logind.conf": "[Login]\nKillUserProcesses=no\nKillOnlyUsers=bob ann\n" }))
  })
})

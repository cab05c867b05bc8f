/** What the system has too little of: processes and threads, open files, memory, terminals. */
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync
} from "node:fs"
import * as path from "node:path"
import { expect, it, onTestFinished } from "vitest"
import { describeAsRoot, describeUnless, describeWith } from "../support/needs.ts"
import { type Result, sandbox, SESH } from "../support/sandbox.ts"
import { until } from "../support/until.ts"

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index)

/** What is said of it: one line, and no trace of anything inside. */
const SENTENCES = {
  processes:
    /^sesh: [^\n]*no more processes (or threads )?can be started here \(ulimit -u, or the limit of a container\)\n$/,
  files:
    /^sesh: [^\n]*too many open files[^\n]*\n$|^sesh: the limit of open files is too low here: allow 32 \(ulimit -n\)\n$/,
  memory: /^sesh: the limit of memory is too low here: allow 1\.5 GB \(ulimit -v, ulimit -d\)\n$/,
  terminals: /^sesh: [^\n]*no more terminals can be made here \(sysctl kernel\.pty\.max\)\n$/
}

/** A command works, or ends with its status for a failure and says why. */
const expectWords = ({ code, err, signal }: Result, words: RegExp, failure: number) => {
  expect(signal).toBe(null)
  if (code === 0) return expect(err).toBe("")
  expect(code).toBe(failure)
  expect(err).toMatch(words)
}

/** Commands, and how each of them says that it failed. */
const COMMANDS: ReadonlyArray<readonly [failure: number, ...args: ReadonlyArray<string>]> = [
  [1, "--version"],
  [1],
  [1, "--json"],
  [1, "--history", "old"],
  [1, "--send", "old", "x"],
  [1, "new", "-d", "--", "sleep", "1000"],
  [125, "--exec", "job", "--print", "--", "true"]
]

describeWith(["prlimit"], "what a session needs", () => {
  const threadsOf = (pid: number) =>
    readdirSync(`/proc/${pid}/task`).map((task) => readFileSync(`/proc/${pid}/task/${task}/comm`, "utf8").trim())

  it("are three threads: its own, one for V8, and one for V8's timers", async () => {
    const box = sandbox()
    await box.sesh(["dev", "-d", "--", "sh", "-c", "seq 100000; exec sleep 1000"])
    const daemon = await box.daemon("dev")
    await box.sesh(["--history", "dev"])
    await box.sessions()
    expect(threadsOf(daemon)).toHaveLength(3)
  })

  it.each([4, 8, 12, 16, 20, 22, 24, 26, 28, 32])("with %i open files it works, or says so", async (count) => {
    const box = sandbox()
    await box.sesh(["old", "-d", "--", "sleep", "1000"])
    for (const [failure, ...args] of COMMANDS) {
      const result = await box.run("prlimit", [`--nofile=${count}`, SESH, ...args])
      expectWords(result, SENTENCES.files, failure)
      if (count === 32) expect(result.code).toBe(0)
    }
    expect((await box.sessions()).map(({ name }) => name)).toContain("old")
  })

  it.each([["as", 300], ["as", 700], ["as", 1000], ["as", 1200], ["as", 1300], ["as", 1500]] as const)(
    "with little memory it works, or says so: --%s=%i MB",
    async (limit, megabytes) => {
      const box = sandbox()
      for (const [failure, ...args] of COMMANDS.filter((command) => !command.includes("old"))) {
        const result = await box.run("prlimit", [`--${limit}=${megabytes * 1_000_000}`, SESH, ...args])
        expectWords(result, SENTENCES.memory, failure)
        if (megabytes === 1500) expect(result.code).toBe(0)
      }
    }
  )

  it.each([50, 300, 600, 700])("with little memory for data it works, or says so: %i MB", async (megabytes) => {
    const box = sandbox()
    const result = await box.run("prlimit", [`--data=${megabytes * 1_000_000}`, SESH, "--version"])
    expectWords(result, SENTENCES.memory, 1)
  })
})

describeAsRoot("few processes", () => {
  /** Numbers that no account has. Each test has one of its own: processes count until they are reaped. */
  let lastUser = 52_345

  /** Runs sesh as a user with `count` processes at the most, in a sandbox of that user's. Root may have any number. */
  const limited = () => {
    const box = sandbox()
    const user = String(++lastUser)
    chmodSync(box.home, 0o755)
    for (const name of [".sesh", ".local"]) {
      mkdirSync(path.join(box.home, name))
      chownSync(path.join(box.home, name), lastUser, lastUser)
    }
    const asUser = ["--reuid", user, "--regid", user, "--clear-groups"]
    return (count: number, ...args: ReadonlyArray<string>) =>
      box.run("setpriv", [...asUser, "prlimit", `--nproc=${count}`, SESH, ...args])
  }

  it.each(range(0, 9))("with %i of them it works, or says so, and the session that there is goes on", async (count) => {
    const sesh = limited()
    expect(await sesh(1000, "old", "-d", "--", "sleep", "1000")).toMatchObject({ code: 0, err: "" })
    for (const [failure, ...args] of COMMANDS) {
      expectWords(await sesh(count, ...args), SENTENCES.processes, failure)
    }
    expect((await sesh(1000, "--kill", "old")).err).toBe("[old ended]\n")
  })

  it("a command of three threads, a daemon of three, and its program are seven", async () => {
    const result = await limited()(7, "--exec", "job", "--print", "--", "echo", "runs")
    expect(result).toMatchObject({ code: 0, out: "runs\n" })
  })
})

/** Where groups of processes are made, by version 1 or 2 of their interface. */
const PIDS = ["/sys/fs/cgroup/pids", "/sys/fs/cgroup"].find((dir) => {
  try {
    const isFirst = dir.endsWith("/pids")
    if (!isFirst && !readFileSync(`${dir}/cgroup.subtree_control`, "utf8").includes("pids")) return false
    mkdirSync(`${dir}/sesh-probe`)
    readFileSync(`${dir}/sesh-probe/pids.max`)
    return true
  } catch {
    return false
  } finally {
    removeGroup(`${dir}/sesh-probe`)
  }
})

function removeGroup(dir: string): void {
  try {
    rmdirSync(dir)
  } catch {
    // It was not made.
  }
}

describeUnless(
  PIDS === undefined ? "run as root, where control groups of pids can be made" : undefined,
  "a container with few processes",
  () => {
    it.each(range(1, 7))("with %i of them a command works, or says so", async (count) => {
      const box = sandbox()
      const group = `${PIDS}/${path.basename(box.home)}`
      mkdirSync(group)
      onTestFinished(async () => {
        await until("the end of the group", () => (removeGroup(group), !existsSync(group)))
      })
      writeFileSync(`${group}/pids.max`, String(count))
      const inGroup = (args: ReadonlyArray<string>) =>
        box.run("sh", ["-c", `echo $$ > ${group}/cgroup.procs; exec "$@"`, "sh", SESH, ...args])
      for (const [failure, ...args] of COMMANDS.filter((command) => !command.includes("old"))) {
        expectWords(await inGroup(args), SENTENCES.processes, failure)
      }
      await box.sesh(["--kill", "new"])
    })
  }
)

describeAsRoot("few terminals", () => {
  const MAKE =
    "mount -t devpts -o newinstance,max=1,ptmxmode=666 devpts /dev/pts && mount --bind /dev/pts/ptmx /dev/ptmx"

  it("are told of, by every command that wants one", async () => {
    const box = sandbox()
    const script = [
      MAKE,
      `"$0" one -d -- sleep 1000`,
      `"$0" two -d; echo $?`,
      `"$0" --exec job -- true; echo $?`,
      `"$0" --kill one`
    ].join("\n")
    const { err, out } = await box.run("unshare", ["-m", "sh", "-c", script, SESH])
    expect(out).toBe("1\n125\n")
    const lines = err.trimEnd().split("\n")
    expect(lines).toHaveLength(3)
    for (const line of lines.slice(0, 2)) expect(`${line}\n`).toMatch(SENTENCES.terminals)
    expect(lines[2]).toBe("[one ended]")
  })
})

/**
 * The executable for Linux's other processor, run by QEMU's emulation of a user's programs. The daemon is started as a
 * process of the executable, so the kernel must know the format: since Linux 6.7 a user namespace has formats of its
 * own (binfmt_misc), and nothing is registered on this system. Before, only what is registered there already will do.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { describe } from "vitest"
import { problemWith, runnerOf } from "../../scripts/foreign.mjs"
import { describeUnless } from "./needs.ts"
import { SESH } from "./processes.ts"
import { until, waitForEmulation } from "./until.ts"

export const PLATFORM = "linux-arm64"

/** What scripts/ensure.mjs builds for it. */
export const OTHER_SESH = `${SESH}-${PLATFORM}`

/** Where each system's programs look for the loader, and the loader for its libraries. */
const LOADER = "/lib/ld-linux-aarch64.so.1"
const LIBRARIES = "aarch64-linux-gnu"

/** ELF's header of a program for it, and the bits that count: scripts/qemu-binfmt-conf.sh of QEMU. */
const MAGIC = String.raw`\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00`
const MASK = String.raw`\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff`

/** P: argv[0] stays as it is. F: the emulator is opened now, and found from any root file system. */
const format = (emulator: string): string => `:sesh-${PLATFORM}:M::${MAGIC}:${MASK}:${emulator}:PF`

/**
 * Lays `$1`, with the loader and the libraries, over /lib, and lets the kernel know the format; then the executable is
 * where this system's own is. `$2` is empty where nothing may be registered. `$3`: the executable, `$4`: its place.
 */
const SETUP = `set -e
lib=$(readlink -f /lib)
mount -t overlay -o lowerdir="$1:$lib" overlay "$lib"
if ! ${LOADER} --version >/dev/null 2>&1 && [ -n "$2" ]; then
  mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc
  printf %s "$2" >/proc/sys/fs/binfmt_misc/register
fi
${LOADER} --version >/dev/null
[ -z "$3" ] || mount --bind "$3" "$4"
`

/** Waits for its users. Ends with its standard input, which is as long as the test lives. */
const HOLD = `echo unshared && read -r mapped || exit\n${SETUP}\necho ready && exec cat`

interface Way {
  readonly unshare: ReadonlyArray<string>
  readonly nsenter: ReadonlyArray<string>
  readonly registers: boolean
}

const WAYS: ReadonlyArray<Way> = [
  { unshare: ["--user", "--mount"], nsenter: ["--user", "--preserve-credentials", "--mount"], registers: true },
  // Where there are no user namespaces, with what is registered.
  { unshare: ["--mount"], nsenter: ["--mount"], registers: false }
]

const setupArgs = (way: Way, libraries: string, executable: string): ReadonlyArray<string> => [
  ...["sh", libraries],
  ...[way.registers ? format(runnerOf(PLATFORM)[0]!) : "", executable, SESH]
]

/** A directory that lies over /lib; the root that QEMU is given elsewhere has what it leads to. */
const makeLibraries = (dir: string): string => {
  const from = path.join(runnerOf(PLATFORM).at(-1)!, "lib")
  fs.symlinkSync(path.join(from, path.basename(LOADER)), path.join(dir, path.basename(LOADER)))
  fs.symlinkSync(from, path.join(dir, LIBRARIES))
  return dir
}

const temporary = () => fs.mkdtempSync(path.join(os.tmpdir(), "sesh-processor-"))

const works = (way: Way): boolean => {
  const dir = temporary()
  try {
    const mapped = way.unshare.includes("--user") ? ["--map-root-user"] : []
    const args = [...way.unshare, ...mapped, "sh", "-c", SETUP, ...setupArgs(way, makeLibraries(dir), "")]
    return spawnSync("unshare", args).status === 0
  } finally {
    fs.rmSync(dir, { recursive: true })
  }
}

/** Here alone is the other processor's executable tested; the other way round nobody has tried. */
const describeHere = (name: string, problem: () => string | undefined, tests: () => void): void => {
  if (process.platform === "linux" && process.arch === "x64") return describeUnless(problem(), name, tests)
  describe.skip(`${name} (run on Linux on x86_64)`, tests)
}

const buildProblem = (): string | undefined =>
  problemWith(PLATFORM) ?? (fs.existsSync(OTHER_SESH) ? undefined : `npm run build -- --platform ${PLATFORM}`)

const way = (): Way | undefined => WAYS.find(works)

const NO_WAY =
  `no namespace in which Linux runs programs of ${PLATFORM}: that takes Linux 6.7 and user namespaces, or ` +
  "root, and the format in /proc/sys/fs/binfmt_misc, where the package binfmt-support or systemd-binfmt puts it"

/** A `describe` for the executable as a file. */
export const describeOtherExecutable = (name: string, tests: () => void): void =>
  describeHere(name, buildProblem, tests)

/** A `describe` for what runs on the other processor. */
export const describeOnOtherProcessor = (name: string, tests: () => void): void =>
  describeHere(name, () => buildProblem() ?? (way() === undefined ? NO_WAY : undefined), tests)

export interface OtherProcessor {
  /** The words before a command that runs where dist/sesh is the other processor's, in a directory. */
  readonly within: (dir: string) => ReadonlyArray<string>
  readonly end: () => Promise<void>
}

/** Users are who they are outside. Only root may give a namespace more than one. */
const mapUsers = (pid: number): void => {
  const write = (name: string, text: string) => fs.writeFileSync(`/proc/${pid}/${name}`, text)
  const isRoot = process.getuid!() === 0
  if (!isRoot) write("setgroups", "deny")
  for (const [name, own] of [["uid_map", process.getuid!()], ["gid_map", process.getgid!()]] as const) {
    const lines = fs.readFileSync(`/proc/self/${name}`, "utf8").trim().split("\n").map((line) =>
      line.trim().split(/ +/)
    )
    write(name, isRoot ? lines.map(([from, , count]) => `${from} ${from} ${count}\n`).join("") : `0 ${own} 1\n`)
  }
}

const ended = (child: ChildProcess) =>
  child.exitCode !== null || child.signalCode !== null
    ? Promise.resolve()
    : new Promise<void>((resolve) => void child.once("exit", () => resolve()))

/** Processes, files and networks in there are this system's, so that both executables' sessions meet. */
export const otherProcessor = async (): Promise<OtherProcessor> => {
  const problem = buildProblem()
  if (problem !== undefined) throw new Error(problem)
  const found = way()
  if (found === undefined) throw new Error(NO_WAY)
  waitForEmulation()
  const dir = temporary()
  const args = [...found.unshare, "sh", "-c", HOLD, ...setupArgs(found, makeLibraries(dir), OTHER_SESH)]
  const child = spawn("unshare", args, { stdio: "pipe" })
  const said = { out: "", err: "" }
  child.stdout.on("data", (bytes: Buffer) => void (said.out += String(bytes)))
  child.stderr.on("data", (bytes: Buffer) => void (said.err += String(bytes)))
  const end = async () => {
    child.stdin.destroy()
    child.kill("SIGKILL")
    await ended(child)
    fs.rmSync(dir, { recursive: true })
  }
  try {
    await until("namespaces", () => said.out.includes("unshared"), () => said.err)
    if (found.unshare.includes("--user")) mapUsers(child.pid!)
    child.stdin.write("\n")
    await until("the other processor's programs", () => said.out.includes("ready"), () => said.err)
  } catch (error) {
    await end()
    throw error
  }
  return {
    within: (dir) => ["nsenter", "--target", String(child.pid), ...found.nsenter, "env", `--chdir=${dir}`],
    end
  }
}

/**
 * Around a whole run of tests (`globalSetup`): the run has a directory for temporary files of its own, which is empty
 * in the end, and what is the user's is as it was. A difference fails the run; one in the home fails it in CI only, as
 * elsewhere the user may have made it. What else there is in the system's temporary directory other programs may
 * change.
 */
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"

/** What a test that took the real home for its own would change, with all below it. */
const WHOLE = [
  ...[".ssh", ".sesh", ".config/sesh", ".local/state/sesh", ".cache/sesh"],
  ...[".config/fish", ".local/share/fish"]
]

/** Directories of which the files count, shells' histories among them, and not what is in their directories. */
const SHALLOW = ["", ".local/bin", ".local/state"]

/** More than that nobody keeps there, and it would take long. */
const MOST = 5000

/** Paths, with something that is another when they have changed. */
type Picture = ReadonlyMap<string, string>

const look = <A>(read: () => A): A | undefined => {
  try {
    return read()
  } catch {
    // It is not there, or not ours to read.
    return undefined
  }
}

const entriesOf = (dir: string) => look(() => fs.readdirSync(dir, { withFileTypes: true })) ?? []

/** A file's size and time; of a directory only that it is there, since what counts is what is in it. */
const stateOf = (file: string): string | undefined =>
  look(() => {
    const { mtimeMs, size, ...stats } = fs.lstatSync(file)
    return (stats.mode & fs.constants.S_IFMT) === fs.constants.S_IFDIR ? "directory" : `${size} ${mtimeMs}`
  })

const pictureOf = (home: string): Picture => {
  const picture = new Map<string, string>()
  const add = (file: string) => {
    const state = stateOf(file)
    if (state !== undefined) picture.set(file, state)
    return state
  }
  const filesIn = (dir: string) => entriesOf(dir).map(({ name }) => path.join(dir, name))
  SHALLOW.flatMap((name) => filesIn(path.join(home, name))).forEach(add)
  const below = WHOLE.map((name) => path.join(home, name))
  for (const file of below) {
    if (picture.size > MOST) break
    if (add(file) === "directory") below.push(...filesIn(file))
  }
  return picture
}

const differences = (before: Picture, after: Picture): ReadonlyArray<string> => [
  ...[...after].filter(([file]) => !before.has(file)).map(([file]) => `appeared: ${file}`),
  ...[...before].filter(([file]) => !after.has(file)).map(([file]) => `vanished: ${file}`),
  ...[...after].filter(([file, state]) => (before.get(file) ?? state) !== state).map(([file]) => `changed: ${file}`)
]

/** In the directory of a run: its process. */
const OWNER = "run"

const isAlive = (pid: number): boolean => pid > 0 && look(() => process.kill(pid, 0)) === true

/** Whether other tests of sesh run: then nobody can say whose a name in the system's directory is. */
const othersRun = (shared: string): boolean =>
  entriesOf(shared).some(({ name }) => {
    const pid = Number(look(() => fs.readFileSync(path.join(shared, name, OWNER), "utf8")) ?? 0)
    return pid !== process.pid && isAlive(pid)
  }) ||
  entriesOf("/proc").some(({ name }) =>
    /^\d+$/.test(name) && Number(name) !== process.pid &&
    look(() => fs.readFileSync(`/proc/${name}/cmdline`, "latin1"))?.includes("vitest.mjs\0") === true
  )

/** What sesh and its tests call what they make there. */
const oursIn = (shared: string): ReadonlySet<string> =>
  new Set(entriesOf(shared).map(({ name }) => path.join(shared, name)).filter((file) => /\/sesh-[^/]+$/.test(file)))

let check = () => {}

export const setup = (): void => {
  const homes = new Set([os.homedir(), os.userInfo().homedir])
  const pictures = () => new Map([...homes].flatMap((home) => Array.from(pictureOf(home))))
  const shared = fs.realpathSync(os.tmpdir())
  const own = fs.mkdtempSync(path.join(shared, "sesh-"))
  // As the system's: some tests are other users for a while.
  fs.chmodSync(own, 0o1777)
  fs.writeFileSync(path.join(own, OWNER), String(process.pid))
  process.env["TMPDIR"] = own
  const before = pictures()
  const sharedBefore = oursIn(shared)
  const isAlone = !othersRun(shared)

  check = () => {
    const left = entriesOf(own).filter(({ name }) => name !== OWNER).map(({ name }) => path.join(own, name))
    if (isAlone && !othersRun(shared)) {
      left.push(...[...oursIn(shared)].filter((file) => file !== own && !sharedBefore.has(file)))
    }
    const touched = differences(before, pictures())
    const all = [...touched, ...left.map((file) => `left: ${file}`)]
    fs.rmSync(own, { recursive: true, force: true, maxRetries: 5 })
    if (all.length === 0) return
    const message = `tests touched what is not theirs, unless you did:\n${all.join("\n")}`
    // Where somebody works meanwhile, shells write their histories and sessions of sesh come and go.
    if (left.length > 0 || process.env["CI"] === "true") throw new Error(message)
    console.error(message)
  }
}

export const teardown = (): void => check()

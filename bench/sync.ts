/**
 * What it costs to bring 5,000 files in 200 directories to a host: against rsync by itself, which connects each time as
 * its users do. And to attach again to a session there when nothing has changed, against doing so without a list. They
 * take turns in one run; medians.
 */
import * as Effect from "effect/Effect"
import { execFileSync } from "node:child_process"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import * as Pty from "../src/layers/pty/PtyNode.ts"
import { ownSsh } from "../test/support/ownSsh.ts"
import { sshLab } from "../test/support/sshd.ts"
import { median, rotated, setting, shown, table } from "./support/machine.ts"
import { open } from "./support/screen.ts"
import { SESH } from "./support/turns.ts"

const DIRECTORIES = 200
const FILES = 25
const ROUNDS = setting("SESH_BENCH_ROUNDS", 5)
const ATTACHES = setting("SESH_BENCH_ATTACHES", 41)

const root = fs.mkdtempSync(path.join(os.tmpdir(), "sesh-bench-"))
const [here, there] = ["here", "there"].map((name) => path.join(root, name)) as [string, string]
const node = process.execPath
const once = path.join(import.meta.dirname, "support/syncOnce.ts")
const bin = path.join(root, "bin")
const PATH = `${bin}:${process.env["PATH"]}`
const env = { HOME: here, PATH, SHELL: "/bin/sh", TERM: "xterm", SESH_DIR: path.join(root, "s") }
const config = path.join(here, ".config/sesh/sync")

const fill = () => {
  for (let directory = 0; directory < DIRECTORIES; directory++) {
    const dir = path.join(here, "tree", `directory ${directory}`)
    fs.mkdirSync(dir, { recursive: true })
    for (let file = 0; file < FILES; file++) {
      fs.writeFileSync(path.join(dir, `file ${file}.txt`), `${directory} ${file}\n`.repeat(20 + file * 10))
    }
  }
}

const ours = (ssh: string) => (expected?: string): number => {
  const said = execFileSync(node, [once, ssh], { env, encoding: "utf8" })
  const { ms, outcome } = JSON.parse(said) as { readonly ms: number; readonly outcome: string }
  if (expected !== undefined && outcome !== expected) throw new Error(`the push was ${outcome}, not ${expected}`)
  return ms
}

const plain = (config: string) => (): number => {
  const begin = process.hrtime.bigint()
  execFileSync("rsync", ["-az", "--delete", "-e", `ssh -F ${config} -S none`, "./tree", "web:plain/"], {
    env,
    cwd: here
  })
  return Number(process.hrtime.bigint() - begin) / 1e6
}

/** Milliseconds from the start of the program to the session's text on the terminal. */
const attach = (): Promise<number> =>
  open({ command: [SESH, "@web", "dev"], env, cwd: here, size: { cols: 80, rows: 24 } })
    .pipe(
      Effect.flatMap(({ begun, shows }) => Effect.map(shows("there"), (at) => at - begun)),
      Effect.scoped,
      Effect.provide(Pty.layer),
      Effect.runPromise
    )

const lab = sshLab(path.join(root, "lab"))
try {
  fs.mkdirSync(path.join(there, "plain"), { recursive: true })
  fs.mkdirSync(path.dirname(config), { recursive: true })
  const command = `cd '${there}' && HOME='${there}' exec sh -c "$SSH_ORIGINAL_COMMAND"`
  const sshd = await lab.start({ options: [`ForceCommand ${command}`] })
  lab.host("web", { Port: sshd.port, StrictHostKeyChecking: "accept-new", LogLevel: "ERROR" })
  fill()
  const [sesh, rsync] = [ours(lab.config), plain(lab.config)]
  const changed = path.join(here, "tree/directory 7/file 7.txt")
  const steps: ReadonlyArray<readonly [string, string, () => void]> = [
    ["first push", "Pushed", () => {
      for (const dir of ["tree", "plain/tree"]) fs.rmSync(path.join(there, dir), { recursive: true, force: true })
      fs.rmSync(path.join(here, ".local"), { recursive: true, force: true })
      fs.writeFileSync(config, "tree\n")
    }],
    ["nothing changed", "Unchanged", () => {}],
    ["one file changed", "Pushed", () => fs.appendFileSync(changed, "more\n")],
    ["one file deleted", "Pushed", () => fs.rmSync(changed)]
  ]
  const times = new Map<string, Array<number>>()
  const note = (key: string, ms: number, counts: boolean) => {
    if (counts) times.set(key, [...times.get(key) ?? [], ms])
  }
  for (let round = -1; round < ROUNDS; round++) {
    for (const [step, outcome, prepare] of steps) {
      prepare()
      const runs = [["sesh", () => sesh(outcome)], ["rsync", rsync]] as const
      for (const [who, run] of rotated(runs, round + 2)) note(`${who} ${step}`, run(), round >= 0)
    }
    fs.writeFileSync(changed, "back again\n")
    sesh()
  }
  fs.mkdirSync(path.join(there, ".local/bin"), { recursive: true })
  fs.symlinkSync(SESH, path.join(there, ".local/bin/sesh"))
  ownSsh(bin, lab.config)
  execFileSync(SESH, ["@web", "dev", "-d", "--", "sh", "-c", "printf there; exec sleep 1000"], { env, cwd: here })
  for (let round = -2; round < ATTACHES; round++) {
    for (const list of rotated(["a list", "no list"], round + 2)) {
      fs.rmSync(config, { force: true })
      if (list === "a list") fs.writeFileSync(config, "tree\n")
      note(list, await attach(), round >= 0)
    }
  }
  execFileSync(SESH, ["@web", "--kill", "dev"], { env, cwd: here })
  const ms = (key: string) => shown(median(times.get(key)!))
  console.log(`sync of ${DIRECTORIES * FILES} files in ${DIRECTORIES} directories, ms, medians of ${ROUNDS}`)
  table(
    ["", "sesh", "rsync -az --delete -e ssh"],
    steps.map(([step]) => [step, ms(`sesh ${step}`), ms(`rsync ${step}`)])
  )
  console.log("sesh @web dev, until its text is shown: milliseconds")
  table(["", "ms"], [["no list", ms("no list")], ["a list of which nothing has changed", ms("a list")]])
} finally {
  await lab.stop()
  fs.rmSync(root, { recursive: true, force: true })
}

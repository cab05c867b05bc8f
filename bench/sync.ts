/**
 * What it costs to bring 5,000 files in 200 directories to a host: against rsync by itself, which connects each time as its
 * users do. They take turns in one run; medians.
 */
import { execFileSync } from "node:child_process"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { sshLab } from "../test/support/sshd.ts"
import { median, rotated, setting, shown, table } from "./support/machine.ts"

const DIRECTORIES = 200
const FILES = 25
const ROUNDS = setting("SESH_BENCH_ROUNDS", 5)

const root = fs.mkdtempSync(path.join(os.tmpdir(), "sesh-bench-"))
const [here, there] = ["here", "there"].map((name) => path.join(root, name)) as [string, string]
const node = path.resolve(import.meta.dirname, "../node_modules/node/bin/node")
const once = path.join(import.meta.dirname, "support/syncOnce.ts")
const env = { HOME: here, PATH: process.env["PATH"], SHELL: "/bin/sh", SESH_DIR: path.join(root, "s") }
const list = path.join(here, ".config/sesh/sync")

const fill = () => {
  for (let directory = 0; directory < DIRECTORIES; directory++) {
    const dir = path.join(here, "tree", `directory ${directory}`)
    fs.mkdirSync(dir, { recursive: true })
    for (let file = 0; file < FILES; file++) {
      fs.writeFileSync(path.join(dir, `file ${file}.txt`), `${directory} ${file}\n`.repeat(20 + file * 10))
    }
  }
}

const ours = (what: "push" | "exec" | "both", config: string) => (expected?: string): number => {
  const said = execFileSync(node, [once, config, what], { env, encoding: "utf8" })
  const { ms, outcome } = JSON.parse(said) as { readonly ms: number; readonly outcome?: string }
  if (expected !== undefined && outcome !== expected) throw new Error(`${what}: ${outcome}, not ${expected}`)
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

const lab = sshLab(path.join(root, "lab"))
try {
  fs.mkdirSync(path.join(there, "plain"), { recursive: true })
  fs.mkdirSync(path.dirname(list), { recursive: true })
  const command = `cd '${there}' && HOME='${there}' exec sh -c "$SSH_ORIGINAL_COMMAND"`
  const sshd = await lab.start({ options: [`ForceCommand ${command}`] })
  lab.host("web", { Port: sshd.port, StrictHostKeyChecking: "accept-new", LogLevel: "ERROR" })
  fill()
  const [sesh, rsync] = [ours("push", lab.config), plain(lab.config)]
  const changed = path.join(here, "tree/directory 7/file 7.txt")
  const steps: ReadonlyArray<readonly [string, string, () => void]> = [
    ["first push", "Pushed", () => {
      for (const dir of ["tree", "plain/tree"]) fs.rmSync(path.join(there, dir), { recursive: true, force: true })
      fs.rmSync(path.join(here, ".local"), { recursive: true, force: true })
      fs.writeFileSync(list, "tree\n")
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
    // What a connect waits for anyway, with files to look at beside it, and without a list.
    for (
      const [key, what] of rotated([["alone", "exec"], ["with files", "both"], ["no list", "both"]] as const, round + 2)
    ) {
      if (key === "no list") fs.rmSync(list)
      note(key, ours(what, lab.config)(), round >= 0)
      fs.writeFileSync(list, "tree\n")
    }
  }
  const ms = (key: string) => shown(median(times.get(key)!))
  console.log(`sync of ${DIRECTORIES * FILES} files in ${DIRECTORIES} directories, ms, medians of ${ROUNDS}`)
  table(
    ["", "sesh", "rsync -az --delete -e ssh"],
    steps.map(([step]) => [step, ms(`sesh ${step}`), ms(`rsync ${step}`)])
  )
  console.log("a program on the host, over the connection that is kept, ms")
  table(["", "ms"], [["alone", ms("alone")], ["and a push, no list", ms("no list")], [
    "and a push, nothing changed",
    ms("with files")
  ]])
} finally {
  await lab.stop()
  fs.rmSync(root, { recursive: true, force: true })
}

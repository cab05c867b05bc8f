import { spawn } from "node:child_process"
import { createHash } from "node:crypto"
import { statSync } from "node:fs"
import * as path from "node:path"
import { assert, describe, it } from "vitest"
import { describeWith } from "../support/needs.ts"
import { proxy } from "../support/proxy.ts"
import { sandbox } from "../support/sandbox.ts"
import { terminal } from "../support/terminal.ts"
import { random } from "../support/torture.ts"
import { until } from "../support/until.ts"

const ATTACH = path.resolve(import.meta.dirname, "../fixtures/attach.ts")

const numbered = (word: string, count: number): Buffer =>
  Buffer.from(Array.from({ length: count }, (_, index) => `${word} ${index}\n`).join(""))

const sha = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex")

/** Each costs a second of waiting. */
const CUTS = 8

const SEED = Number(process.env["RESUME_SEED"] ?? 1)

describe("a connection that dies at random points", () => {
  it("loses no byte and doubles none, either way", async () => {
    const box = sandbox()
    const out = numbered("out", 100_000)
    const typed = numbered("in", 50_000)
    // bash reads more of a terminal than it needs.
    const play =
      `stty raw -echo; echo ready; dd bs=1 count=3 of=/dev/null status=none; seq -f 'out %.0f' 0 99999; exec cat > got`
    await box.sesh(["dev", "-d", "--", "/bin/bash", "-c", play])
    const line = await proxy(path.join(box.home, "line"), path.join(box.dir, "dev.sock"))
    const next = random(SEED)
    let cuts = CUTS
    line.cutAfter(() => cuts-- > 0 ? 600 + Math.floor(next() ** 2 * 300_000) : Number.POSITIVE_INFINITY)
    const client = spawn(process.execPath, [ATTACH, line.path], { cwd: box.home, env: box.env })
    const shown: Array<Buffer> = []
    client.stdout.on("data", (bytes: Buffer) => void shown.push(bytes))
    let said = ""
    client.stderr.on("data", (bytes: Buffer) => {
      said += bytes.toString()
    })
    const ended = new Promise((resolve) => client.once("close", resolve))
    const count = () => shown.reduce((sum, { length }) => sum + length, 0)
    await until("that its terminal is raw", () => Buffer.concat(shown).includes("ready"))
    client.stdin.write("go\n")
    client.stdin.write(typed)
    await until(
      "all of the output",
      () => count() >= out.length && shown.at(-1)?.toString().endsWith("out 99999\n"),
      () => `${count()} bytes, ${line.count()} connections`
    )
    client.stdin.end()
    await ended
    assert.strictEqual(line.count(), CUTS + 1, said)
    const all = Buffer.concat(shown)
    const bytes = all.subarray(all.indexOf("out 0\n"))
    assert.strictEqual(bytes.length, out.length)
    assert.strictEqual(sha(bytes), sha(out))
    const got = () => statSync(path.join(box.home, "got")).size
    await until("all that was typed", () => got() >= typed.length, got)
    const { out: sum } = await box.run("sha256sum", ["got"])
    assert.strictEqual(sum.split(" ")[0], sha(typed))
  })
})

describeWith(["tmux"], "a terminal whose connection dies", () => {
  const attached = async () => {
    const box = sandbox()
    await box.sesh(["dev", "-d"])
    const line = await proxy(path.join(box.home, "line"), path.join(box.dir, "dev.sock"))
    const t = await terminal(box)
    t.fresh(`${process.execPath} ${ATTACH} ${line.path}`)
    await t.shows(/^\$/m)
    return { box, line, t }
  }

  it("says so on its last row, and shows what it would show when there is a connection", async () => {
    const { box, line, t } = await attached()
    t.run("clear; seq 100; printf '\\033[31mred'; read -r x")
    await t.shows(/100\nred$/)
    const before = t.colours()
    const history = t.history()
    const cursor = t.format("#{cursor_x},#{cursor_y}")
    line.down(true)
    line.cut()
    await t.shows(/99\n100\n connection to web lost, (next try in \d s|trying again)/)
    assert.strictEqual(t.format("#{cursor_x},#{cursor_y}"), cursor)
    line.down(false)
    await until("the screen as it was", () => t.colours() === before, t.colours)
    assert.strictEqual(t.format("#{cursor_x},#{cursor_y}"), cursor)
    assert.strictEqual(t.history(), history)
    t.type("typed", "Enter")
    await t.shows(/redtyped\n\$/)
    await box.clients("dev", 1)
  })

  it("goes on where it was when the session has not heard of it, with what was typed meanwhile", async () => {
    const { box, line, t } = await attached()
    line.down(true)
    line.lose()
    await t.shows("connection to web lost")
    await box.clients("dev", 1)
    t.type("echo $((6*7))", "Enter")
    line.down(false)
    await t.shows(/^42$/m)
    await box.clients("dev", 1)
    assert.notInclude(t.history(), "connection to web")
  })

  it("is clean when it is given up, in the middle of a full-screen program too", async () => {
    const { line, t } = await attached()
    t.run("printf '\\033[?1049h\\033[Hinside'; read -r x")
    await t.shows("inside")
    line.down(true)
    line.cut()
    await t.shows("connection to web lost")
    t.type("C-c")
    await t.shows(/\[lost dev on web: given up\]\n%/)
    assert.strictEqual(t.format("#{alternate_on}"), "0")
    assert.notMatch(t.screen(), /^inside/m)
    assert.strictEqual(await t.status(), 255)
  })
})

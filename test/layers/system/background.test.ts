import { assert, describe, it } from "@effect/vitest"
import { spawnSync } from "node:child_process"
import { isInBackground, jobByProc, jobByPs, readJob } from "../../../src/layers/system/background.ts"
import { describeWith } from "../../support/needs.ts"

/** As macOS numbers its terminals. */
const deviceNumber = (path: string) => path === "/dev/ttys003" ? 0x10000003 : undefined

describe("the job of this process", () => {
  it("is read from ps of macOS", () => {
    const job = { group: 600, foreground: 501, terminal: 0x10000003 }
    assert.deepStrictEqual(readJob("  600   501 ttys003 \n", deviceNumber), job)
  })

  it("is unknown without a terminal, and without ps", () => {
    assert.isUndefined(readJob("  600     0 ??      \n", deviceNumber))
    assert.isUndefined(readJob("  600    -1 ?\n", deviceNumber))
    assert.isUndefined(readJob("", deviceNumber))
    assert.isUndefined(readJob("ps: illegal argument\n", deviceNumber))
  })

  it("is the same from /proc and from ps", () => {
    const { group, foreground, terminal } = jobByProc()!
    assert.deepStrictEqual(jobByPs(), terminal === 0 ? undefined : { group, foreground, terminal })
  })
})

describeWith(["script", "bash"], "a process on a terminal", () => {
  /** What both ways say to a process on a terminal of its own. */
  const say = `
    const { isInBackground, jobByProc, jobByPs } = await import(process.env.MODULE)
    console.log([jobByProc, jobByPs].map((jobOf) => isInBackground(0, jobOf)).join(" "))`
  const on = (shell: string) =>
    spawnSync("script", ["-qec", `bash -c '${shell}'`, "/dev/null"], {
      encoding: "utf8",
      env: {
        ...process.env,
        NODE: process.execPath,
        SAY: say,
        MODULE: new URL("../../../src/layers/system/background.ts", import.meta.url).pathname
      }
    }).stdout.split("\r\n")[0]
  const node = `"$NODE" --input-type=module -e "$SAY"`

  it("is in the foreground or in the background, by either way", () => {
    assert.strictEqual(on(node), "false false")
    assert.strictEqual(on(`set -m; ${node} & wait`), "true true")
  }, 30_000)

  it("is not in the background of a terminal that is not its own", () => {
    const job = { group: 1, foreground: 2, terminal: -1 }
    assert.isFalse(isInBackground(0, () => job))
    assert.isFalse(isInBackground(0, () => undefined))
  })
})

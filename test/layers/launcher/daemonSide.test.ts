import { assert, it } from "@effect/vitest"
import { spawnSync } from "node:child_process"

const MODULE = new URL("../../../src/layers/launcher/daemonSide.ts", import.meta.url).href

/** As a shell's process substitution has: Node itself keeps low ones from its children. */
const INHERITED = 63

/** Which descriptors a process has, of the launcher's and that one, once it has closed what it inherited. */
const left = (platform: string): string => {
  const script = `
    const { fstatSync } = await import("node:fs")
    const { closeInherited } = await import("${MODULE}")
    closeInherited("${platform}")
    const isOpen = (fd) => { try { return fstatSync(fd) !== undefined } catch { return false } }
    console.log([3, ${INHERITED}].filter(isOpen).join(" "))`
  const { stderr, stdout } = spawnSync(process.execPath, ["--input-type=module", "--eval", script], {
    encoding: "utf8",
    stdio: Array.from(
      { length: INHERITED + 1 },
      (_, fd) => [1, 2, 3, INHERITED].includes(fd) ? "pipe" as const : "ignore" as const
    )
  })
  return stdout.trim() || stderr
}

it("a daemon closes what it inherits besides the launcher's descriptor; macOS passes nothing on", () => {
  assert.strictEqual(left("linux"), "3")
  assert.strictEqual(left("darwin"), "3 63")
})

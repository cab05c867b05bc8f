import * as Effect from "effect/Effect"
import { writeFileSync } from "node:fs"
import * as path from "node:path"
import { describe, expect, it } from "vitest"
import * as PtyNode from "../../src/layers/pty/PtyNode.ts"
import type { Size } from "../../src/schema/Session.ts"
import { Pty } from "../../src/services/Pty.ts"
import { hear } from "../contract/Pty.ts"
import { until } from "../contract/SessionServer.ts"
import { type Sandbox, sandbox, SESH } from "../support/sandbox.ts"

const terminalCalls = JSON.stringify(path.resolve(import.meta.dirname, "../../src/layers/system/terminal.ts"))

/** Writes a program that can ask for pixels. */
const program = (box: Sandbox, code: string): string => {
  const file = path.join(box.home, "pixels.mjs")
  writeFileSync(file, `import { loadTerminalCalls, pixelsOf } from ${terminalCalls}\nloadTerminalCalls()\n${code}`)
  return file
}

/** Runs sesh on a terminal of that size. */
const open = Effect.fnUntraced(function*(box: Sandbox, args: ReadonlyArray<string>, size: Size) {
  const { spawn } = yield* Pty
  const client = yield* spawn({ file: SESH, args, env: box.env as Record<string, string>, cwd: box.home, size })
  return { client, text: hear(client).text }
})

describe.runIf(process.platform === "linux")("a window whose size is known in pixels", () => {
  it("has it in the session: at the start, after a resize, and for who attaches", () =>
    Effect.gen(function*() {
      const box = sandbox()
      program(box, "const { width, height } = pixelsOf(0)\nconsole.log(`pixels ${width} ${height};`)\n")
      const attach = Effect.fnUntraced(function*(size: Size) {
        const { client, text } = yield* open(box, ["dev"], size)
        yield* until("a prompt", () => text().includes("$ "), 60_000)
        const says = (pixels: string) =>
          until(pixels, () => {
            if (text().includes(`pixels ${pixels};`)) return true
            client.write(Buffer.from(`${process.execPath} pixels.mjs\n`))
            return false
          }, 60_000)
        return { client, says }
      })
      const first = yield* attach({ cols: 80, rows: 24, width: 800, height: 480 })
      yield* first.says("800 480")
      first.client.resize({ cols: 100, rows: 30, width: 1000, height: 600 })
      yield* first.says("1000 600")
      const second = yield* attach({ cols: 100, rows: 30, width: 2000, height: 1200 })
      yield* second.says("2000 1200")
    }).pipe(Effect.scoped, Effect.provide(PtyNode.layer), Effect.runPromise))

  it("has it from who attaches at once: programs draw for another window only once", () =>
    Effect.gen(function*() {
      const box = sandbox()
      const file = program(
        box,
        "const say = () => {\n  const [cols, rows] = process.stdout.getWindowSize()\n" +
          "  const { width, height } = pixelsOf(1)\n  console.log(`size ${cols} ${rows} ${width} ${height};`)\n}\n" +
          "process.stdout.on('resize', say)\nsay()\nsetInterval(() => {}, 1000)\n"
      )
      const size = { cols: 80, rows: 24, width: 800, height: 480 }
      const first = yield* open(box, ["dev", "--", process.execPath, file], size)
      yield* until("the first window's size", () => first.text().includes("size 80 24 800 480;"), 60_000)
      const second = yield* open(box, ["dev"], { cols: 90, rows: 30, width: 1800, height: 1200 })
      yield* until("the second window's size", () => /size 90 30 .*;/.test(second.text()), 60_000)
      expect(second.text()).toContain("size 90 30 1800 1200;")
    }).pipe(Effect.scoped, Effect.provide(PtyNode.layer), Effect.runPromise))
})

import * as Effect from "effect/Effect"
import { writeFileSync } from "node:fs"
import * as path from "node:path"
import { describe, expect, it } from "vitest"
import * as PtyNode from "../../src/layers/pty/PtyNode.ts"
import { Pty } from "../../src/services/Pty.ts"
import { hear } from "../contract/Pty.ts"
import { until } from "../contract/SessionServer.ts"
import { sandbox, SESH } from "../support/sandbox.ts"

const terminalCalls = JSON.stringify(path.resolve(import.meta.dirname, "../../src/layers/system/terminal.ts"))

/** What programs that ask for pixels begin with. */
const CALLS = `import { loadTerminalCalls, pixelsOf } from ${terminalCalls}\nloadTerminalCalls()\n`

describe.runIf(process.platform === "linux")("a window whose size is known in pixels", () => {
  it("has it in the session: at the start, after a resize, and for who attaches", () =>
    Effect.gen(function*() {
      const box = sandbox()
      const ask = path.join(box.home, "pixels.mjs")
      writeFileSync(
        ask,
        CALLS +
          "const { width, height } = pixelsOf(0)\nconsole.log(`pixels ${width} ${height};`)\n"
      )
      const client = (size: { cols: number; rows: number; width: number; height: number }) =>
        Effect.gen(function*() {
          const program = yield* (yield* Pty).spawn({
            file: SESH,
            args: ["dev"],
            env: box.env as Record<string, string>,
            cwd: box.home,
            size
          })
          const heard = hear(program)
          yield* until("a prompt", () => heard.text().includes("$ "), 60_000)
          const says = Effect.fnUntraced(function*(pixels: string) {
            yield* until(pixels, () => {
              if (heard.text().includes(`pixels ${pixels};`)) return true
              program.write(Buffer.from(`${process.execPath} pixels.mjs\n`))
              return false
            }, 60_000)
          })
          return { program, says }
        })
      const first = yield* client({ cols: 80, rows: 24, width: 800, height: 480 })
      yield* first.says("800 480")
      first.program.resize({ cols: 100, rows: 30, width: 1000, height: 600 })
      yield* first.says("1000 600")
      const second = yield* client({ cols: 100, rows: 30, width: 2000, height: 1200 })
      yield* second.says("2000 1200")
    }).pipe(Effect.scoped, Effect.provide(PtyNode.layer), Effect.runPromise))

  it("has it from who attaches at once: programs draw for another window only once", () =>
    Effect.gen(function*() {
      const box = sandbox()
      const program = path.join(box.home, "sizes.mjs")
      writeFileSync(
        program,
        CALLS +
          "const say = () => {\n  const [cols, rows] = process.stdout.getWindowSize()\n" +
          "  const { width, height } = pixelsOf(1)\n  console.log(`size ${cols} ${rows} ${width} ${height};`)\n}\n" +
          "process.stdout.on('resize', say)\nsay()\nsetInterval(() => {}, 1000)\n"
      )
      const { spawn } = yield* Pty
      const client = (
        args: ReadonlyArray<string>,
        size: { cols: number; rows: number; width: number; height: number }
      ) =>
        Effect.map(
          spawn({ file: SESH, args, env: box.env as Record<string, string>, cwd: box.home, size }),
          hear
        )
      const first = yield* client(["dev", "--", process.execPath, program], {
        cols: 80,
        rows: 24,
        width: 800,
        height: 480
      })
      yield* until("the first window's size", () => first.text().includes("size 80 24 800 480;"), 60_000)
      const second = yield* client(["dev"], { cols: 90, rows: 30, width: 1800, height: 1200 })
      yield* until("the second window's size", () => /size 90 30 .*;/.test(second.text()), 60_000)
      expect(second.text()).toContain("size 90 30 1800 1200;")
    }).pipe(Effect.scoped, Effect.provide(PtyNode.layer), Effect.runPromise))
})

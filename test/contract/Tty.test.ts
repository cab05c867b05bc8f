import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { spawnSync } from "node:child_process"
import { closeSync } from "node:fs"
import * as TtyNode from "../../src/layers/console/TtyNode.ts"
import { loadPtyAddon } from "../../src/layers/pty/addon.ts"
import { openMaster } from "../../src/layers/pty/master.ts"
import * as TtyFake from "../../src/layers/testing/TtyFake.ts"
import { until } from "./SessionServer.ts"
import { Person, suite } from "./Tty.ts"

const atFake = Layer.effect(
  Person,
  Effect.map(TtyFake.TtyTestRef, (terminal) => ({
    type: (keys: Buffer) => terminal.type(keys),
    hasTyped: () => Effect.void,
    seen: () => terminal.screen,
    resize: (size: { cols: number; rows: number }) => terminal.resize(size),
    signal: (name: "SIGINT" | "SIGTERM" | "SIGHUP") => terminal.signal(name),
    stall: (stalled: boolean) => terminal.stall(stalled),
    hangUp: () => terminal.hangUp(),
    isRaw: () => terminal.isRaw
  }))
).pipe(Layer.provideMerge(TtyFake.layer()))

/** Modes a raw terminal has none of; what a line feed becomes, above all. */
const COOKED = /(?<!-)\b(opost|icanon|echo|isig|ixon|icrnl|iexten|inlcr|igncr)\b/g

/** A real terminal with both of its ends: one for the program, one for the user. */
const atReal = Layer.unwrap(Effect.gen(function*() {
  const addon = loadPtyAddon()
  const { master, slave } = addon.open(80, 24)
  const seen: Array<Buffer> = []
  const screen = openMaster(master)
  screen.listen({ onData: (bytes) => seen.push(bytes), onDrain: () => {} })
  yield* Effect.addFinalizer(() =>
    Effect.sync(() => {
      screen.close()
      closeSync(slave)
    })
  )
  const modes = () => spawnSync("stty", ["-a"], { stdio: [slave, "pipe", "inherit"] }).stdout.toString()
  const person = Person.of({
    type: screen.write,
    // It echoes what it has.
    hasTyped: (text) => until("it is echoed", () => person.seen().toString().endsWith(text.replaceAll("\r", "\r\n"))),
    seen: () => Buffer.concat(seen),
    resize: ({ cols, rows }) => {
      addon.resize(master, cols, rows)
      // The kernel signals only the processes of this controlling terminal; ours is another one.
      process.emit("SIGWINCH")
    },
    signal: (name) => void process.emit(name),
    stall: (stalled) => stalled ? screen.pause() : screen.resume(),
    hangUp: screen.close,
    isRaw: () => modes().match(COOKED) === null
  })
  return Layer.mergeAll(Layer.succeed(Person, person), TtyNode.layerOn(slave, slave))
}))

suite("TtyFake", atFake)
suite("TtyNode", atReal)

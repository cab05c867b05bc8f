import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { DaemonLauncherTestRef } from "../../../src/layers/testing/DaemonLauncherFake.ts"
import { HostMemoryTestRef } from "../../../src/layers/testing/HostMemoryFake.ts"
import { OutputTestRef } from "../../../src/layers/testing/OutputFake.ts"
import { ProgressTestRef } from "../../../src/layers/testing/ProgressFake.ts"
import { PromptTestRef } from "../../../src/layers/testing/PromptFake.ts"
import { RemotesTestRef } from "../../../src/layers/testing/RemotesFake.ts"
import { fakeInfo, SessionRegistryTestRef } from "../../../src/layers/testing/SessionRegistryFake.ts"
import { TtyTestRef } from "../../../src/layers/testing/TtyFake.ts"
import { WorldTestRef } from "../../../src/layers/testing/World.ts"
import type { SessionName } from "../../../src/schema/SessionName.ts"
import { HostError } from "../../../src/services/HostError.ts"
import { dead, having, listed, VERBS } from "../../support/elsewhere.ts"
import { eventually, settle } from "../../support/fakeClient.ts"
import { inWorld } from "../../support/inWorld.ts"

describe("a session that is here", () => {
  it.effect("asks no host, and does not read which hosts are known", () =>
    inWorld(
      { sessions: [{ info: fakeInfo("dev") }], hosts: { web: having("dev") } },
      (sesh) =>
        Effect.gen(function*() {
          assert.strictEqual(yield* sesh("--detach", "dev"), 0)
          assert.strictEqual(yield* sesh("--kill", "dev"), 0)
          yield* sesh("new", "-d")
          const running = yield* Effect.forkChild(sesh("new"))
          const terminal = yield* TtyTestRef
          yield* eventually("a terminal", () => terminal.isOpen)
          yield* settle
          terminal.type("\x1c")
          assert.strictEqual(yield* Fiber.join(running), 0)
          const { looks } = yield* RemotesTestRef
          const { reads } = yield* HostMemoryTestRef
          assert.deepStrictEqual([looks, reads()], [[], 0])
        })
    ))

  it.effect("is not asked for elsewhere when a directory, a command or -d is given", () =>
    inWorld(
      { hosts: { web: having("a", "b", "c") }, pty: { play: (program) => program.exit(0) } },
      (sesh) =>
        Effect.gen(function*() {
          yield* sesh("a", "/tmp")
          yield* sesh("b", "--", "true")
          yield* sesh("c", "-d")
          const { looks } = yield* RemotesTestRef
          const { reads } = yield* HostMemoryTestRef
          assert.deepStrictEqual([looks, reads(), (yield* DaemonLauncherTestRef).specs.length], [[], 0, 3])
        })
    ))
})

describe("a session that is on one host", () => {
  it.effect("is attached to there, and it is said where", () =>
    inWorld({ hosts: { web: {}, db: having("other") } }, (sesh) =>
      Effect.gen(function*() {
        yield* sesh("@web", "dev", "-d")
        const running = yield* Effect.forkChild(sesh("dev"))
        const terminal = yield* TtyTestRef
        const { programs } = (yield* WorldTestRef).at("web")
        yield* eventually("a terminal", () => terminal.isOpen)
        programs.last().print("there$ ")
        yield* eventually("the prompt", () => terminal.screen.includes("there$ "))
        terminal.type("\x1c")
        assert.strictEqual(yield* Fiber.join(running), 0)
        assert.deepStrictEqual((yield* OutputTestRef).err, ["[dev is on web]", "[detached from dev on web]"])
        assert.strictEqual((yield* DaemonLauncherTestRef).specs.length, 0)
        assert.deepStrictEqual((yield* RemotesTestRef).looks.map(([host]) => host).toSorted(), ["db", "web"])
        assert.isTrue((yield* RemotesTestRef).looks.every(([, options]) => options?.prompts === "batch"))
      })))

  it.effect("is ended, detached, read, typed into and waited for there", () =>
    inWorld({ hosts: { web: having("old") } }, (sesh) =>
      Effect.gen(function*() {
        const { programs, registry } = (yield* WorldTestRef).at("web")
        yield* sesh("@web", "dev", "-d")
        programs.last().onTyped = (bytes) => {
          programs.last().print(bytes)
          if (bytes.includes("exit")) programs.last().exit(3)
        }
        assert.strictEqual(yield* sesh("--send", "dev", "hello"), 0)
        assert.strictEqual(yield* sesh("--history", "dev"), 0)
        assert.include(Buffer.concat((yield* OutputTestRef).bytes).toString(), "hello")
        const waiting = yield* Effect.forkChild(sesh("--wait", "dev"))
        yield* settle
        assert.strictEqual(yield* sesh("--send", "dev", "exit"), 0)
        assert.strictEqual(yield* Fiber.join(waiting), 3)
        assert.strictEqual(yield* sesh("--detach", "old"), 0)
        assert.strictEqual(yield* sesh("--kill", "old"), 0)
        assert.strictEqual(registry.sessions.size, 0)
        assert.deepStrictEqual(
          (yield* OutputTestRef).err.filter((line) => line.includes("old")),
          ["[old is on web]", "[0 clients of old on web detached]", "[old is on web]", "[old on web ended]"]
        )
      })))

  it.effect("that is gone when it is gone to: its error, and nothing is made there", () =>
    inWorld({ hosts: { web: { listing: listed("dev") } } }, (sesh) =>
      Effect.gen(function*() {
        assert.strictEqual(yield* sesh("dev"), 1)
        assert.deepStrictEqual((yield* OutputTestRef).err, ["[dev is on web]", "sesh: no session named dev on web"])
        assert.deepStrictEqual([(yield* DaemonLauncherTestRef).specs, (yield* WorldTestRef).at("web").specs], [[], []])
      })))

  it.effect("on a host that is gone when it is gone to: the host's error", () =>
    inWorld({
      hosts: {
        web: {
          listing: listed("dev"),
          laterFailure: new HostError({ host: "web", problem: "web went away", kind: "unreachable" })
        }
      }
    }, (sesh) =>
      Effect.gen(function*() {
        assert.strictEqual(yield* sesh("dev"), 1)
        assert.deepStrictEqual((yield* OutputTestRef).err, ["[dev is on web]", "sesh: web went away"])
        assert.strictEqual((yield* DaemonLauncherTestRef).specs.length, 0)
      })))
})

describe("a session that is on several hosts", () => {
  const active = (ms: number, more?: Partial<Parameters<typeof fakeInfo>[1]>) => ({
    sessions: [{ info: fakeInfo("dev", { active: ms, dir: "/home/there/x", foreground: "vim\u001b[31m", ...more }) }]
  })

  it.effect("is asked about: attached sessions first, then the latest", () =>
    inWorld({
      hosts: { a: active(-60_000), b: active(-5_000), c: active(-600_000, { clients: [{ role: "attach" }] }) }
    }, (sesh) =>
      Effect.gen(function*() {
        const running = yield* Effect.forkChild(sesh("--kill", "dev"))
        const person = yield* PromptTestRef
        yield* eventually("a question", () => person.asked.length === 1)
        assert.deepStrictEqual(person.asked, [["There are 3 sessions named dev:", [
          "@c dev  active 10m ago  ~/x  vim\\x1b[31m",
          "@b dev  active 5s ago   ~/x  vim\\x1b[31m",
          "@a dev  active 1m ago   ~/x  vim\\x1b[31m"
        ]]])
        person.type("9")
        person.type("2")
        assert.strictEqual(yield* Fiber.join(running), 0)
        assert.deepStrictEqual((yield* OutputTestRef).err, ["[dev on b ended]"])
      })))

  it.effect.each(["Enter", "Ctrl-D"])(
    "%s: chooses none, and fails",
    (key) =>
      inWorld({ hosts: { a: having("dev"), b: having("dev") } }, (sesh) =>
        Effect.gen(function*() {
          const running = yield* Effect.forkChild(sesh("dev"))
          const person = yield* PromptTestRef
          yield* eventually("a question", () => person.asked.length === 1)
          if (key === "Enter") person.type("")
          else person.end()
          assert.strictEqual(yield* Fiber.join(running), 1)
          assert.deepStrictEqual((yield* OutputTestRef).err, ["sesh: none was chosen"])
          assert.strictEqual((yield* DaemonLauncherTestRef).specs.length, 0)
        }))
  )

  it.effect("Ctrl-C ends the whole command", () =>
    inWorld({ hosts: { a: having("dev"), b: having("dev") } }, (sesh) =>
      Effect.gen(function*() {
        const running = yield* Effect.forkChild(sesh("dev"))
        const person = yield* PromptTestRef
        yield* eventually("a question", () => person.asked.length === 1)
        person.interrupt()
        assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(running)))
        assert.strictEqual((yield* DaemonLauncherTestRef).specs.length, 0)
      })))

  it.effect.each(
    [
      ["dev", "sesh @a dev"],
      ["--kill dev", "sesh @a --kill dev"],
      ["--watch dev", "sesh @a --watch dev"],
      ["--detach dev", "sesh @a --detach dev"],
      ["--history dev --ansi", "sesh @a --history dev --ansi"],
      ["--send dev --enter", "sesh @a --send --enter dev"],
      ["--send dev it's -x", "sesh @a --send dev -- 'it'\\''s -x'"],
      ["--wait dev", "sesh @a --wait dev"]
    ] as const
  )(
    "%s: without a terminal nothing is done, and the message says what to type",
    ([line, command]) =>
      inWorld(
        { hosts: { a: having("dev"), b: having("dev") }, isAlone: true, outputIsTerminal: false },
        (sesh) =>
          Effect.gen(function*() {
            assert.strictEqual(yield* sesh(...line.split(" ")), 1)
            assert.deepStrictEqual((yield* OutputTestRef).err, [
              `sesh: there are 2 sessions named dev; say which one:\n  ${command}\n  ${command.replace("@a", "@b")}`
            ])
            const { at } = yield* WorldTestRef
            assert.deepStrictEqual([at("a").registry.sessions.size, at("b").registry.sessions.size], [1, 1])
            assert.strictEqual((yield* DaemonLauncherTestRef).specs.length, 0)
          })
      )
  )
})

describe("a session that is nowhere", () => {
  it.effect("is created here by its name alone", () =>
    inWorld(
      { hosts: { web: having("api") }, pty: { play: (program) => program.exit(4) } },
      (sesh) =>
        Effect.gen(function*() {
          assert.strictEqual(yield* sesh("dev"), 4)
          assert.strictEqual((yield* DaemonLauncherTestRef).specs.length, 1)
          assert.deepStrictEqual((yield* OutputTestRef).err, ["[dev ended]"])
        })
    ))

  it.effect.each(VERBS)("%s: fails, and names what is close, here and there", ([line]) =>
    inWorld({
      sessions: [{ info: fakeInfo("dex") }],
      hosts: { web: having("deb"), db: dead("db", "den"), far: having("unlike") }
    }, (sesh) =>
      Effect.gen(function*() {
        assert.strictEqual(yield* sesh(...line.split(" ")), 1)
        assert.deepStrictEqual((yield* OutputTestRef).err, [
          "sesh: db does not answer",
          "sesh: no session named dev; did you mean dex or @db den or @web deb?"
        ])
      })))

  it.effect("costs nothing where no host is known", () =>
    inWorld({}, (sesh) =>
      Effect.gen(function*() {
        assert.strictEqual(yield* sesh("--kill", "dev"), 1)
        assert.deepStrictEqual((yield* OutputTestRef).err, ["sesh: no session named dev"])
        assert.deepStrictEqual((yield* ProgressTestRef).texts, [])
      })))
})

describe("sesh --kill of several", () => {
  it.effect("asks each host once for all that are not here, and ends each where it is", () =>
    inWorld({
      sessions: [{ info: fakeInfo("a") }],
      hosts: { web: having("b", "c"), db: having("d"), far: dead("far") }
    }, (sesh) =>
      Effect.gen(function*() {
        assert.strictEqual(yield* sesh("--kill", "a", "b", "c", "d", "nope"), 1)
        const { at } = yield* WorldTestRef
        const { looks } = yield* RemotesTestRef
        assert.deepStrictEqual(looks.map(([host]) => host).toSorted(), ["db", "far", "web"])
        assert.deepStrictEqual(
          [
            (yield* SessionRegistryTestRef).sessions.size,
            at("web").registry.sessions.size,
            at("db").registry.sessions.size
          ],
          [0, 0, 0]
        )
        assert.deepStrictEqual((yield* OutputTestRef).err.toSorted(), [
          "[a ended]",
          "[b is on web]",
          "[b on web ended]",
          "[c is on web]",
          "[c on web ended]",
          "[d is on db]",
          "[d on db ended]",
          "sesh: far does not answer",
          "sesh: no session named nope"
        ])
      })))

  it.effect("one that is ambiguous keeps no other alive", () =>
    inWorld({ hosts: { web: having("a", "b"), db: having("a") }, isAlone: true }, (sesh) =>
      Effect.gen(function*() {
        assert.strictEqual(yield* sesh("--kill", "a", "b"), 1)
        const { at } = yield* WorldTestRef
        assert.deepStrictEqual([...at("web").registry.sessions.keys()], ["a" as SessionName])
      })))
})

import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Fs from "node:fs"
import * as Net from "node:net"
import * as Path from "node:path"
import * as CallerProcess from "../../src/layers/console/CallerProcess.ts"
import { remoteCaller } from "../../src/layers/remote/caller.ts"
import * as CallerFake from "../../src/layers/testing/CallerFake.ts"
import * as Machine from "../../src/layers/testing/Machine.ts"
import * as World from "../../src/layers/testing/World.ts"
import { Caller } from "../../src/services/Caller.ts"
import { Remotes } from "../../src/services/Remotes.ts"
import { Home, home } from "../fixtures/machine.ts"
import { type Env, suite, suiteThere } from "./Caller.ts"
import { web } from "./Remotes.ts"

const assign = (env: Env) => {
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined) delete process.env[name]
    else process.env[name] = value
  }
}

/** This process with these variables, until the scope closes. */
const withEnv = (env: Env) =>
  Layer.effectDiscard(Effect.acquireRelease(
    Effect.sync(() => {
      const before = Object.fromEntries(Object.keys(env).map((name) => [name, process.env[name]]))
      assign(env)
      return before
    }),
    (before) => Effect.sync(() => assign(before))
  ))

const process_ = (env: Env) => CallerProcess.layer("1.2.3").pipe(Layer.provide(withEnv(env)))

/** As seen from this machine. */
const fromHere = (env: Env) =>
  Layer.effect(Caller, Effect.map(Caller, (caller) => remoteCaller(caller, () => "/home/there"))).pipe(
    Layer.provide(CallerFake.layer({ env }))
  )

/** That of a host of the world. */
const inWorld = (env: Env) =>
  Layer.effect(
    Caller,
    Effect.gen(function*() {
      return Context.get(yield* (yield* Remotes).at(web), Caller)
    })
  ).pipe(Layer.provide(World.layer({ caller: { env }, hosts: { web: {} } })))

suite("CallerProcess", process_)
suite("CallerFake", (env) => CallerFake.layer({ env }))
suite("that of a machine", (env) => Machine.layer({ caller: { env } }))
suiteThere("that of another host", fromHere)
suiteThere("that of a fake host", inWorld)

describe("CallerProcess", () => {
  it.effect("knows the agent by the user's own link to it, and none that is gone", () =>
    Effect.gen(function*() {
      const { path } = yield* Home
      const [socket, link] = [Path.join(Fs.realpathSync(path), "socket"), Path.join(path, "link.agent")]
      Fs.writeFileSync(socket, "")
      Fs.symlinkSync(socket, link)
      const agent = Effect.map(Caller, ({ agentSocket }) => agentSocket()).pipe(
        Effect.provide(process_({ SSH_AUTH_SOCK: link }), { local: true })
      )
      assert.strictEqual(yield* agent, link)
      Fs.rmSync(socket)
      assert.isUndefined(yield* agent)
    }).pipe(Effect.provide(home)))

  it.effect("follows the links of sessions, which go with them, as far as the user's own", () =>
    Effect.gen(function*() {
      const { path } = yield* Home
      const at = (name: string) => Path.join(path, name)
      Fs.writeFileSync(at("socket"), "")
      Fs.symlinkSync(at("socket"), at("link"))
      Fs.symlinkSync(at("link"), at("outer.agent"))
      Fs.symlinkSync("outer.agent", at("inner.agent"))
      const sockets = ["outer.sock", "inner.sock"].map((name) => Net.createServer().listen(at(name)))
      yield* Effect.addFinalizer(() => Effect.sync(() => sockets.forEach((one) => one.close())))
      const agent = Effect.map(Caller, ({ agentSocket }) => agentSocket()).pipe(
        Effect.provide(process_({ SSH_AUTH_SOCK: at("inner.agent") }), { local: true })
      )
      assert.strictEqual(yield* agent, at("link"))
    }).pipe(Effect.scoped, Effect.provide(home)))

  it.effect("is where the shell says, symlinks and all, if that is where it is", () =>
    Effect.gen(function*() {
      const { path } = yield* Home
      const link = Path.join(path, "link")
      Fs.symlinkSync(process.cwd(), link)
      const cwd = (PWD: string | undefined) =>
        Effect.map(Caller, ({ cwd }) => cwd).pipe(Effect.provide(process_({ PWD }), { local: true }))
      assert.strictEqual(yield* cwd(link), link)
      for (const other of [path, "relative", undefined]) {
        assert.strictEqual(yield* cwd(other), Fs.realpathSync("."))
      }
    }).pipe(Effect.provide(home)))
})

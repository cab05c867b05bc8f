import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import { Caller } from "../../src/services/Caller.ts"

/** The variables that the suite sets; undefined: not there. */
export type Env = Readonly<Record<string, string | undefined>>

const run = (layer: Layer.Layer<Caller>, use: (caller: Caller["Service"]) => void) =>
  Effect.map(Caller, use).pipe(Effect.provide(layer))

/** What every Caller on this machine promises. */
export const suite = (name: string, layerOf: (env: Env) => Layer.Layer<Caller>): void => {
  const test = (title: string, use: (caller: Caller["Service"]) => void, env: Env = {}) =>
    it.effect(title, () => run(layerOf(env), use))

  describe(`Caller: ${name}`, () => {
    test("has the environment that it was given", ({ env }) => {
      assert.strictEqual(env["SESH_TEST"], "mine")
      assert.isUndefined(env["SESH_NOT_THERE"])
    }, { SESH_TEST: "mine" })

    test("is in an absolute directory, at home in another, and knows its version", ({ cwd, home, version }) => {
      assert.match(cwd, /^\//)
      assert.match(home, /^\//)
      assert.match(version, /^\d+\.\d+\.\d+/)
    })

    test("makes paths absolute, seen from where it is", ({ cwd, resolve }) => {
      const parent = cwd.slice(0, cwd.lastIndexOf("/")) || "/"
      assert.deepStrictEqual(
        ["/srv/x", "/", "x/y", "./x", ".", "", "..", "x/../y", "/srv//x/."].map(resolve),
        ["/srv/x", "/", `${cwd}/x/y`, `${cwd}/x`, cwd, cwd, parent, `${cwd}/y`, "/srv/x"]
      )
    })

    for (const socket of [undefined, ""]) {
      test(`has no agent where SSH_AUTH_SOCK is ${socket === undefined ? "not set" : "empty"}`, ({ agentSocket }) => {
        assert.isUndefined(agentSocket())
      }, { SSH_AUTH_SOCK: socket })
    }

    test("is on no terminal that does not exist", ({ isOnTerminal }) => {
      assert.isNotTrue(isOnTerminal("/dev/pts/none"))
    })

    test("has the agent that SSH_AUTH_SOCK names", ({ agentSocket, env }) => {
      assert.strictEqual(agentSocket(), env["SSH_AUTH_SOCK"])
    }, { SSH_AUTH_SOCK: "/" })
  })
}

/** What every Caller on another host promises, as seen from /home/user here. */
export const suiteThere = (name: string, layerOf: (env: Env) => Layer.Layer<Caller>): void => {
  const test = (title: string, use: (caller: Caller["Service"]) => void, env: Env = {}) =>
    it.effect(title, () => run(layerOf(env), use))

  describe(`Caller: ${name}`, () => {
    test("brings what tells of the terminal and the language, and nothing else", ({ env }) => {
      assert.deepStrictEqual(env, { TERM: "xterm", LANG: "C.UTF-8", LC_TIME: "de_DE.UTF-8" })
    }, { TERM: "xterm", LANG: "C.UTF-8", LC_TIME: "de_DE.UTF-8", SECRET: "mine", SESH_SESSION: "here", PWD: "/tmp" })

    test("is at home there, and knows the version here", ({ cwd, home, version }) => {
      assert.deepStrictEqual([cwd, home], ["", "/home/there"])
      assert.match(version, /^\d+\.\d+\.\d+/)
    })

    test("sees paths from the home there; the home here is the home there", ({ resolve }) => {
      assert.deepStrictEqual(
        ["/srv/x", "x/y", ".", "", "/home/user", "/home/user/x", "~", "~/x"].map(resolve),
        ["/srv/x", "x/y", ".", "", "", "x", "", "x"]
      )
    })

    test("has no agent of the machine here", ({ agentSocket }) => {
      assert.isUndefined(agentSocket())
    }, { SSH_AUTH_SOCK: "/" })
  })
}

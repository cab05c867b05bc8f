import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Fs from "node:fs"
import * as Net from "node:net"
import * as Os from "node:os"
import * as Path from "node:path"
import { agentOf, forwardedAgentOf, listening } from "../../../../src/layers/ssh/shared/forwardedAgent.ts"

const ENV = { SSH_AUTH_SOCK: "/auth", OTHER: "/other", EMPTY: "" }

const configOf = (words: Readonly<Record<string, string>>) => ({
  get: (keyword: string) => words[keyword],
  expand: (written: string): Result.Result<string, string> =>
    written.includes("%z") ? Result.fail("no such token") : Result.succeed(written.replace("%d", "/home/me"))
})

describe("the agent that a configuration forwards", () => {
  it.each<readonly [Record<string, string>, string | undefined]>([
    [{}, undefined],
    [{ forwardagent: "no" }, undefined],
    [{ forwardagent: "yes" }, "/auth"],
    [{ forwardagent: "True" }, "/auth"],
    [{ forwardagent: "/its/own" }, "/its/own"],
    [{ forwardagent: "$OTHER", identityagent: "/x" }, "/other"],
    [{ forwardagent: "$EMPTY" }, undefined],
    [{ forwardagent: "yes", identityagent: "SSH_AUTH_SOCK" }, "/auth"],
    [{ forwardagent: "yes", identityagent: "none" }, undefined],
    [{ forwardagent: "yes", identityagent: "%d/agent" }, "/home/me/agent"],
    [{ forwardagent: "yes", identityagent: "$OTHER" }, "/other"]
  ])("%j: %s", (words, expected) => {
    assert.deepStrictEqual(forwardedAgentOf(configOf(words), ENV), Result.succeed(expected))
  })

  it("is a mistake where the path is one", () => {
    assert.isTrue(Result.isFailure(forwardedAgentOf(configOf({ forwardagent: "%z/agent" }), ENV)))
    assert.isTrue(Result.isFailure(agentOf(configOf({ identityagent: "%z/agent" }), ENV)))
  })
})

it.live("an agent counts only where one listens", () =>
  Effect.gen(function*() {
    const dir = yield* Effect.acquireRelease(
      Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "sesh-agent-"))),
      (dir) => Effect.sync(() => Fs.rmSync(dir, { recursive: true }))
    )
    const socket = Path.join(dir, "agent")
    assert.isUndefined(yield* listening(undefined))
    assert.isUndefined(yield* listening(socket))
    const server = Net.createServer((connection) => connection.on("error", () => {}))
    yield* Effect.promise(() => new Promise<void>((resolve) => server.listen(socket, resolve)))
    assert.strictEqual(yield* listening(socket), socket)
    yield* Effect.promise(() => new Promise((resolve) => server.close(resolve)))
    Fs.writeFileSync(socket, "")
    assert.isUndefined(yield* listening(socket))
  }).pipe(Effect.scoped))

import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { spawnSync } from "node:child_process"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as HostMemoryFiles from "../../src/layers/remote/HostMemoryFiles.ts"
import * as HostMemoryFake from "../../src/layers/testing/HostMemoryFake.ts"
import { HostMemory } from "../../src/services/HostMemory.ts"
import { Paths } from "../../src/services/Paths.ts"
import { machine } from "../fixtures/machine.ts"
import { host, known, said, suite } from "./HostMemory.ts"

const files = HostMemoryFiles.layer.pipe(Layer.provideMerge(machine))

suite("Memory", HostMemoryFake.layer())
suite("Files", files)

const MEBIBYTE = 1024 * 1024

describe("Hosts in files", () => {
  const test = (name: string, use: (hosts: HostMemory["Service"], dir: string) => Effect.Effect<void>) =>
    it.live(name, () =>
      Effect.gen(function*() {
        yield* use(yield* HostMemory, (yield* Paths).remotes)
      }).pipe(Effect.provide(files)))

  test(
    "asking makes nothing; what is remembered is for its owner's eyes, and leaves nothing else behind",
    (hosts, dir) =>
      Effect.gen(function*() {
        yield* hosts.all
        assert.isFalse(Fs.existsSync(Path.dirname(dir)))
        yield* hosts.remember(known("web", "a"))
        assert.deepStrictEqual(Fs.readdirSync(dir), ["web.json"])
        const modes = [Path.dirname(dir), dir, Path.join(dir, "web.json")].map((path) => Fs.statSync(path).mode & 0o777)
        assert.deepStrictEqual(modes, [0o700, 0o700, 0o600])
        assert.match(dir, /\/\.local\/state\/sesh\/remotes$/)
      })
  )

  test("what makes no sense is not there", (hosts, dir) =>
    Effect.gen(function*() {
      yield* hosts.remember(known("web"))
      const record = known("web", "a")
      const wrong = [
        "",
        "{",
        "null",
        JSON.stringify(known("other")),
        JSON.stringify({ ...record, home: 3 }),
        JSON.stringify({ ...record, sessions: [{ name: "../a" }] }),
        JSON.stringify({ ...record, more: "x".repeat(5 * MEBIBYTE) })
      ]
      for (const content of wrong) {
        Fs.writeFileSync(Path.join(dir, "web.json"), content)
        assert.isTrue(Option.isNone(yield* hosts.get(host("web"))), content.slice(0, 80))
        assert.deepStrictEqual(yield* hosts.all, [])
      }
      Fs.writeFileSync(Path.join(dir, "web.json"), JSON.stringify({ ...record, later: "field" }))
      assert.deepStrictEqual(Option.map(yield* hosts.get(host("web")), said), Option.some(record))
    }))

  test(
    "a link, a fifo or a directory in its place is neither followed nor waited for, and is replaced where it can be",
    (
      hosts,
      dir
    ) =>
      Effect.gen(function*() {
        yield* hosts.remember(known("other"))
        const path = Path.join(dir, "web.json")
        const elsewhere = Path.join(dir, "..", "elsewhere")
        const content = JSON.stringify(known("web", "a"))
        Fs.writeFileSync(elsewhere, content)
        for (const put of [() => Fs.symlinkSync(elsewhere, path), () => void spawnSync("mkfifo", [path])]) {
          put()
          assert.isTrue(Option.isNone(yield* hosts.get(host("web"))))
          yield* hosts.remember(known("web", "b"))
          assert.deepStrictEqual(Option.map(yield* hosts.get(host("web")), said), Option.some(known("web", "b")))
          assert.strictEqual(Fs.readFileSync(elsewhere, "utf8"), content)
          Fs.rmSync(path)
        }
        Fs.mkdirSync(path)
        yield* hosts.remember(known("web", "b"))
        assert.deepStrictEqual((yield* hosts.all).map(said), [known("other")])
        assert.deepStrictEqual(Fs.readdirSync(dir).toSorted(), ["other.json", "web.json"])
      })
  )

  test(
    "what the host has of the user's files is forgotten with it, and what cannot be read as well",
    (hosts, dir) =>
      Effect.gen(function*() {
        yield* hosts.remember(known("web"))
        yield* hosts.remember(known("other"))
        Fs.writeFileSync(Path.join(dir, "web.json"), "{")
        for (const name of ["web.synced", "other.synced"]) Fs.writeFileSync(Path.join(dir, name), "")
        assert.isTrue(yield* Effect.orDie(hosts.forget(host("web"))))
        assert.deepStrictEqual(Fs.readdirSync(dir).toSorted(), ["other.json", "other.synced"])
      })
  )

  test("what cannot be removed is an error", (hosts, dir) =>
    Effect.gen(function*() {
      yield* hosts.remember(known("other"))
      Fs.mkdirSync(Path.join(dir, "web.json"))
      const { message } = yield* Effect.flip(Effect.asVoid(hosts.forget(host("web")))).pipe(Effect.orDie)
      assert.include(message, `cannot remove ${dir}/web.json: `)
    }))

  test("files that are no host's are not told of", (hosts, dir) =>
    Effect.gen(function*() {
      yield* hosts.remember(known("web"))
      for (const name of ["-x.json", ".json", "a b.json", "web.json.77", "web.synced", "web", "\u001b[2J.json"]) {
        Fs.writeFileSync(Path.join(dir, name), JSON.stringify(known("web")))
      }
      assert.deepStrictEqual(yield* hosts.names, [host("web")])
      assert.deepStrictEqual((yield* hosts.all).map(said), [known("web")])
    }))

  test(
    "in a directory that others can write to nothing is believed, and nothing is written",
    (hosts, dir) =>
      Effect.gen(function*() {
        yield* hosts.remember(known("web"))
        Fs.chmodSync(dir, 0o777)
        yield* hosts.remember(known("other"))
        assert.deepStrictEqual([yield* hosts.names, yield* hosts.all], [[], []])
        assert.isTrue(Option.isNone(yield* hosts.get(host("web"))))
        assert.deepStrictEqual(Fs.readdirSync(dir), ["web.json"])
      })
  )

  test(
    "where nothing can be written nothing is remembered, and that is no failure",
    (hosts, dir) =>
      Effect.gen(function*() {
        Fs.mkdirSync(Path.dirname(Path.dirname(dir)), { recursive: true })
        Fs.writeFileSync(Path.dirname(dir), "a file")
        yield* hosts.remember(known("web"))
        assert.deepStrictEqual(yield* hosts.names, [])
      })
  )
})

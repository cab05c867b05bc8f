import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { recordsOf, stampOf } from "../../../src/layers/sync/changeStamp.ts"
import { Home, home } from "../../fixtures/machine.ts"

/** A home with trees in it, and their stamps. */
const treesBy = Effect.fnUntraced(function*(records?: ReadonlyArray<string>) {
  const { path } = yield* Home
  const file = (name: string) => Path.join(path, name)
  for (const dir of ["scratch", "tree/below"]) Fs.mkdirSync(file(dir), { recursive: true })
  for (const name of ["tree/a", "tree/below/-b \u00fc", "other"]) Fs.writeFileSync(file(name), "1")
  const stamp = (...paths: ReadonlyArray<string>) =>
    Effect.map(stampOf(path, paths, [], file("scratch"), records), (stamp) => {
      assert.deepStrictEqual(Fs.readdirSync(file("scratch")), [])
      return stamp
    })

  /** The kernel's clock for files may tick only every ten milliseconds: a second change within a tick does not show. */
  const laterThanNow = () => {
    const touched = () => {
      Fs.writeFileSync(file("clock"), "")
      return Fs.statSync(file("clock")).ctimeMs
    }
    for (const before = touched(); touched() === before;);
  }

  return { file, laterThanNow, path, stamp }
})
const trees = treesBy()

describe("what find is to print", () => {
  it("is printed by itself, on macOS by stat", () => {
    assert.deepStrictEqual(recordsOf("linux"), ["-printf", "%i %C@\n"])
    assert.deepStrictEqual(recordsOf("darwin"), ["-exec", "/usr/bin/stat", "-f", "%i %Fc", "{}", "+"])
  })
})

/** GNU's stat stands for that of macOS. */
const BY_STAT = ["-exec", "stat", "--format", "%i %.9Z", "{}", "+"]

describe.each([
  { by: "find alone", trees: treesBy(recordsOf("linux")) },
  { by: "find and stat", trees: treesBy(BY_STAT) }
])("the stamp of trees, by $by", ({ trees }) => {
  it.effect("is the same as long as nothing changes, whatever is read", () =>
    Effect.gen(function*() {
      const { file, stamp } = yield* trees
      const before = yield* stamp("tree")
      assert.isDefined(before)
      Fs.readFileSync(file("tree/a"))
      Fs.writeFileSync(file("other"), "2")
      assert.strictEqual(yield* stamp("tree"), before)
    }).pipe(Effect.provide(home)))

  it.effect("differs after every change", () =>
    Effect.gen(function*() {
      const { file, laterThanNow, stamp } = yield* trees
      const seen = new Set([yield* stamp("tree", "other"), yield* stamp("tree")])
      const { atime, mtime } = Fs.statSync(file("tree/a"))
      const changes = [
        () => {
          Fs.writeFileSync(file("tree/a"), "2")
          // With the times it had before the write.
          Fs.utimesSync(file("tree/a"), atime, mtime)
        },
        () => Fs.chmodSync(file("tree/below"), 0o700),
        () => Fs.renameSync(file("tree/below/-b \u00fc"), file("tree/below/c")),
        () => Fs.rmSync(file("tree/a"))
      ]
      for (const change of changes) {
        laterThanNow()
        change()
        seen.add(yield* stamp("tree"))
      }
      assert.strictEqual(seen.size, 2 + changes.length)
    }).pipe(Effect.provide(home)))
})

describe("the stamp of trees", () => {
  it.effect("is undefined where stat fails", () =>
    Effect.gen(function*() {
      const { stamp } = yield* treesBy(["-exec", "/no/such/stat", "{}", "+"])
      assert.isUndefined(yield* stamp("tree"))
    }).pipe(Effect.provide(home)))

  it.effect("leaves out a missing path; there is no stamp when all are missing", () =>
    Effect.gen(function*() {
      const { stamp } = yield* trees
      const [without, alone] = [yield* stamp("gone", "tree"), yield* stamp("tree")]
      assert.strictEqual(without, alone)
      assert.isDefined(alone)
      for (const paths of [["gone"], ["tree/a/below"], []]) assert.isUndefined(yield* stamp(...paths))
    }).pipe(Effect.provide(home)))

  it.effect("is undefined without find, on any PATH", () =>
    Effect.gen(function*() {
      const { file, stamp } = yield* trees
      const { PATH } = process.env
      yield* Effect.addFinalizer(() => Effect.sync(() => void Object.assign(process.env, { PATH })))
      for (const path of ["/nowhere", `/nowhere:${file("other")}`]) {
        process.env["PATH"] = path
        assert.isUndefined(yield* stamp("tree"))
      }
    }).pipe(Effect.scoped, Effect.provide(home)))

  it.effect("is undefined where no file can be written", () =>
    Effect.gen(function*() {
      const { file, path } = yield* trees
      assert.isUndefined(yield* stampOf(path, ["tree"], [], file("gone")))
    }).pipe(Effect.provide(home)))
})

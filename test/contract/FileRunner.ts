import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { type FileRunner, RsyncRunner, ScpRunner } from "../../src/services/FileRunner.ts"
import { Homes, nowhere, picture, web, write } from "../fixtures/syncHosts.ts"

const HOSTILE = [
  "-rf",
  "two  words/and one",
  "it's \"quoted\" \\ back",
  "host:file",
  "$(id) `id` $HOME",
  "*?[a]{b}~",
  "äöü 漢字 🙂",
  "; exit 1 & | < >",
  "#hash/!bang",
  ".hidden/-x"
]

const tag = { rsync: RsyncRunner, scp: ScpRunner }

/** What every runner promises. `mirrors`: it removes on the host what is gone on this machine, and copies links. */
export const suite = <R, E>(
  name: string,
  layer: Layer.Layer<R | RsyncRunner | ScpRunner | Homes, E>,
  which: "rsync" | "scp"
) => {
  const test = <A, E>(
    name: string,
    use: (runner: FileRunner, homes: Homes["Service"]) => Effect.Effect<A, E, Scope.Scope>
  ) =>
    it.live(name, () =>
      Effect.gen(function*() {
        return yield* use(yield* tag[which], yield* Homes)
      }).pipe(Effect.scoped, Effect.provide(layer)), 60_000)

  describe(name, () => {
    test(
      "files and directories with all sorts of names arrive at the same paths",
      (runner, { here, there }) =>
        Effect.gen(function*() {
          for (const path of HOSTILE) write(here, path, `this is ${path}`, 0o640)
          write(here, "dir/sub/tool", "#!/bin/sh\n", 0o755)
          write(here, "dir/empty", "")
          const paths = [...HOSTILE, "dir"]
          assert.deepStrictEqual(yield* runner.push(web, paths), paths.map((path) => ({ path })))
          const arrived = picture(there)
          for (const path of HOSTILE) assert.strictEqual(arrived[path], `640 this is ${path}`)
          assert.strictEqual(arrived["dir/sub/tool"], "755 #!/bin/sh\n")
          assert.strictEqual(arrived["dir/empty"], "644 ")
        })
    )

    test(
      "a changed path is replaced, and other files beside it on the host stay",
      (runner, { here, there }) =>
        Effect.gen(function*() {
          write(there, ".bashrc", "theirs")
          write(there, ".config/other", "theirs")
          write(here, ".config/tool/a", "one")
          write(here, ".config/mine", "not listed")
          yield* runner.push(web, [".config/tool"])
          write(here, ".config/tool/a", "two, longer")
          yield* runner.push(web, [".config/tool"])
          assert.deepStrictEqual(picture(there), {
            ".bashrc": "644 theirs",
            ".config": "/",
            ".config/other": "644 theirs",
            ".config/tool": "/",
            ".config/tool/a": "644 two, longer"
          })
        })
    )

    test(
      "a file of the same size and time as the old one is replaced too",
      (runner, { here, there }) =>
        Effect.gen(function*() {
          for (const text of ["one", "two"]) {
            write(here, "a", text)
            Fs.utimesSync(Path.join(here, "a"), 1, 1)
            yield* runner.push(web, ["a"])
          }
          assert.deepStrictEqual(picture(there), { a: "644 two" })
        })
    )

    test("a directory that is a link on the host stays one", (runner, { here, there }) =>
      Effect.gen(function*() {
        Fs.mkdirSync(Path.join(there, "elsewhere"))
        Fs.symlinkSync("elsewhere", Path.join(there, ".config"))
        write(here, ".config/a", "a")
        yield* runner.push(web, [".config/a"])
        assert.strictEqual(picture(there)["elsewhere/a"], "644 a")
        assert.strictEqual(picture(there)[".config"], "-> elsewhere")
      }))

    test(
      "a path that cannot be copied fails alone, with a reason",
      (runner, { here, there }) =>
        Effect.gen(function*() {
          write(here, "a", "a")
          write(here, "b", "b")
          const [a, gone, b] = yield* runner.push(web, ["a", "gone", "b"])
          assert.deepStrictEqual([a, b], [{ path: "a" }, { path: "b" }])
          assert.strictEqual(gone!.path, "gone")
          assert.isAbove(gone!.failure!.words.length, 0)
          assert.deepStrictEqual(Object.keys(picture(there)), ["a", "b"])
        })
    )

    test(
      "a path that cannot be made on the host fails alone, with a reason",
      (runner, { here, there }) =>
        Effect.gen(function*() {
          write(there, "taken", "a file")
          write(here, "a", "a")
          write(here, "taken/sub/file", "b")
          write(here, "b", "b")
          const [a, taken, b] = yield* runner.push(web, ["a", "taken/sub/file", "b"])
          assert.deepStrictEqual([a, b], [{ path: "a" }, { path: "b" }])
          assert.notStrictEqual(taken!.failure!.exitCode, 0)
          assert.isAbove(taken!.failure!.words.length, 0)
          assert.deepStrictEqual(picture(there), { a: "644 a", b: "644 b", taken: "644 a file" })
        })
    )

    test(
      "a path that is a link arrives as what it leads to, also in place of a link",
      (runner, { here, there }) =>
        Effect.gen(function*() {
          write(here, "dotfiles/rc", "a")
          write(here, "dotfiles/tool/b", "b")
          write(here, "plain", "c")
          for (const [name, target] of [[".rc", "dotfiles/rc"], [".tool", "dotfiles/tool"]] as const) {
            Fs.symlinkSync(target, Path.join(here, name))
          }
          Fs.symlinkSync("elsewhere", Path.join(there, ".rc"))
          const paths = [".rc", ".tool", "plain"]
          const first = yield* runner.push(web, paths)
          assert.deepStrictEqual(first, paths.map((path) => ({ path })))
          const { elsewhere, ...arrived } = picture(there)
          // scp writes to where a link on the host leads; rsync replaces it.
          if (which === "rsync") assert.isUndefined(elsewhere)
          assert.include(arrived, { ".tool": "/", ".tool/b": "644 b", plain: "644 c" })
          assert.strictEqual(Fs.readFileSync(Path.join(there, ".rc"), "utf8"), "a")
        })
    )

    test("what is sent is counted", (runner, { here }) =>
      Effect.gen(function*() {
        write(here, "a", "a".repeat(1000))
        let sent = 0
        yield* runner.push(web, ["a"], { onSent: (bytes) => sent += bytes })
        assert.isAbove(sent, 0)
      }))

    test("an unreachable host is one failure", (runner, { here }) =>
      Effect.gen(function*() {
        write(here, "a", "a")
        const error = yield* Effect.flip(runner.push(nowhere, ["a"]))
        assert.include(["HostUnreachable"], error._tag)
      }))

    if (which === "rsync") {
      test(
        "what is kept is neither copied nor removed, whatever its name",
        (runner, { here, there }) =>
          Effect.gen(function*() {
            const kept = ["dir/own", "dir/[a]*\\b?/own", "dir/back\\slash"]
            for (const path of kept) {
              write(here, path, "mine")
              write(there, path, "theirs")
            }
            write(here, "dir/ab/own", "mine")
            write(there, "dir/gone", "theirs")
            assert.deepStrictEqual(yield* runner.push(web, ["dir"], { kept }), [{ path: "dir" }])
            const after = picture(there)
            for (const path of kept) assert.strictEqual(after[path], "644 theirs", path)
            assert.strictEqual(after["dir/ab/own"], "644 mine")
            assert.notProperty(after, "dir/gone")
          })
      )

      test(
        "what is gone on this machine is removed on the host, and links stay links",
        (runner, { here, there }) =>
          Effect.gen(function*() {
            write(here, "dir/a", "a")
            write(here, "dir/b/c", "c")
            Fs.symlinkSync("/etc/hostname", Path.join(here, "dir/link"))
            yield* runner.push(web, ["dir"])
            Fs.rmSync(Path.join(here, "dir/b"), { recursive: true })
            yield* runner.push(web, ["dir"])
            assert.deepStrictEqual(picture(there), { dir: "/", "dir/a": "644 a", "dir/link": "-> /etc/hostname" })
          })
      )
    } else {
      test(
        "a path with something below it that is kept is refused",
        (runner, { here, there }) =>
          Effect.gen(function*() {
            write(here, "dir/own", "mine")
            write(here, "a", "a")
            const [dir, a] = yield* runner.push(web, ["dir", "a"], { kept: ["dir/own"] })
            assert.include(dir!.failure!.words, "dir/own is sesh's own")
            assert.deepStrictEqual(a, { path: "a" })
            assert.deepStrictEqual(picture(there), { a: "644 a" })
          })
      )

      test("what is gone on this machine stays on the host", (runner, { here, there }) =>
        Effect.gen(function*() {
          write(here, "dir/a", "a")
          write(here, "dir/b", "b")
          yield* runner.push(web, ["dir"])
          Fs.rmSync(Path.join(here, "dir/b"))
          yield* runner.push(web, ["dir"])
          assert.deepStrictEqual(picture(there), { dir: "/", "dir/a": "644 a", "dir/b": "644 b" })
        }))
    }
  })
}

import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { EventLogTestRef } from "../../src/layers/testing/EventLogFake.ts"
import { OutputTestRef } from "../../src/layers/testing/OutputFake.ts"
import { type Event } from "../../src/schema/Event.ts"
import { FileSync } from "../../src/services/FileSync.ts"
import { Paths } from "../../src/services/Paths.ts"
import { Homes, nowhere, picture, web, write } from "../fixtures/syncHosts.ts"

export type SyncWorld = FileSync | Homes | EventLogTestRef | Paths | OutputTestRef

/** Writes the user's list. */
export const list = (...lines: ReadonlyArray<string>) =>
  Effect.map(Homes, ({ here }) => write(here, ".config/sesh/sync", lines.map((line) => `${line}\n`).join("")))

/** One push to `web`, in a word; and what was logged of it. */
export const push = Effect.gen(function*() {
  const { events } = yield* EventLogTestRef
  events.length = 0
  const { _tag } = yield* (yield* FileSync).push(web)
  return { outcome: _tag, events: [...events] }
})

const pushed = (path: string, bytes: number): Event => ({ event: "sync_path_pushed", path, bytes })

/** What {@link FileSync} promises with any runner. */
export const suite = <R, E>(name: string, layer: Layer.Layer<R | SyncWorld, E>) => {
  const test = <A, E>(name: string, effect: Effect.Effect<A, E, SyncWorld>) =>
    it.live(name, () => Effect.provide(effect, layer), 60_000)

  describe(name, () => {
    test(
      "without a list, or with one of comments, nothing happens",
      Effect.gen(function*() {
        assert.deepStrictEqual(yield* push, { outcome: "Off", events: [] })
        yield* list("# nothing", "", "  # nor this")
        assert.deepStrictEqual(yield* push, { outcome: "Off", events: [] })
        assert.isFalse(Fs.existsSync((yield* Paths).remotes))
      })
    )

    test(
      "listed paths are pushed once, and again when something in them has changed",
      Effect.gen(function*() {
        const { here, there } = yield* Homes
        write(here, "dir/a", "12345")
        write(here, "dir/sub/b", "123")
        write(here, "file with blanks", "1")
        yield* list("# mine", "dir/", "  file with blanks\r")
        assert.deepStrictEqual(yield* push, {
          outcome: "Pushed",
          events: [
            { event: "sync_start", host: web },
            pushed("dir", 8),
            pushed("file with blanks", 1),
            { event: "sync_done", ok: true }
          ]
        })
        assert.strictEqual(picture(there)["dir/sub/b"], "644 123")
        assert.deepStrictEqual(yield* push, { outcome: "Unchanged", events: [] })
        const changes: ReadonlyArray<() => void> = [
          () => write(here, "dir/a", "54321"),
          () => Fs.chmodSync(Path.join(here, "dir/a"), 0o600),
          () => Fs.rmSync(Path.join(here, "dir/sub/b")),
          () => Fs.renameSync(Path.join(here, "dir/a"), Path.join(here, "dir/A")),
          () => write(here, "dir/new", ""),
          () => Fs.mkdirSync(Path.join(here, "dir/emptyDirectory"))
        ]
        for (const change of changes) {
          change()
          assert.strictEqual((yield* push).outcome, "Pushed", String(change))
          assert.strictEqual((yield* push).outcome, "Unchanged", String(change))
        }
        assert.strictEqual(picture(there)["dir/A"], "600 54321")
      })
    )

    test(
      "names that are not text count like others",
      Effect.gen(function*() {
        const { here, there } = yield* Homes
        const name = Buffer.from("caf\xe9", "latin1")
        const file = (home: string) => Buffer.concat([Buffer.from(`${home}/dir/`), name])
        write(here, "dir/a", "1")
        // Not every file system accepts them.
        try {
          Fs.writeFileSync(file(here), "one")
        } catch {
          return
        }
        yield* list("dir")
        assert.deepStrictEqual((yield* push).events[1], pushed("dir", 4))
        Fs.writeFileSync(file(here), "two")
        assert.strictEqual((yield* push).outcome, "Pushed")
        assert.strictEqual(Fs.readFileSync(file(there), "utf8"), "two")
      })
    )

    test(
      "a file that was rewritten with the same content is no change",
      Effect.gen(function*() {
        const { here } = yield* Homes
        write(here, "dir/a", "12345")
        yield* list("dir")
        yield* push
        Fs.rmSync(Path.join(here, "dir"), { recursive: true })
        write(here, "dir/a", "12345")
        assert.deepStrictEqual(yield* push, { outcome: "Unchanged", events: [] })
      })
    )

    test(
      "invalid lines are refused by their numbers, the others are pushed, and nothing is remembered",
      Effect.gen(function*() {
        const { here, there } = yield* Homes
        write(here, "good", "1")
        write(here, "dir/a", "1")
        Fs.symlinkSync("/etc", Path.join(here, "out"))
        Fs.symlinkSync(".", Path.join(here, "dir/self"))
        Fs.symlinkSync(here, Path.join(here, "dir/home"))
        yield* list(
          "/etc/passwd",
          "good",
          "../x",
          "a/../b",
          ".",
          "~",
          "~/good",
          "out/passwd",
          "out",
          "dir/home",
          "a\tb"
        )
        const { events, outcome } = yield* push
        assert.strictEqual(outcome, "Failed")
        assert.deepStrictEqual(events[0], { event: "sync_start", host: web })
        assert.deepStrictEqual(events.slice(-2), [pushed("good", 1), { event: "sync_done", ok: false }])
        const refused = events.flatMap((event) =>
          event.event === "sync_path_failed" ? [`${event.exit_code} ${event.stderr.slice(0, 28)}`] : []
        )
        assert.deepStrictEqual(
          refused,
          [
            "-1 line 1: it is an absolute pa",
            "-1 line 3: it has a \"..\" in it",
            "-1 line 4: it has a \"..\" in it",
            "-1 line 5: it is your whole hom",
            "-1 line 6: it is your whole hom",
            "-1 line 7: leave out the \"~/\": p",
            "-1 line 8: it leads out of your",
            "-1 line 9: it leads out of your",
            "-1 line 10: it leads to your who",
            "-1 line 11: it has control chara"
          ].map((line) => line.slice(0, 31))
        )
        assert.deepStrictEqual(picture(there), { good: "644 1" })
        assert.strictEqual((yield* push).outcome, "Failed")
        yield* list("good")
        assert.strictEqual((yield* push).outcome, "Pushed")
      })
    )

    test(
      "sesh's own files are neither pushed nor removed, whatever is listed",
      Effect.gen(function*() {
        const { here, there } = yield* Homes
        for (const [home, whose] of [[here, "mine"], [there, "theirs"]] as const) {
          write(home, ".sesh/dev.sock", whose)
          write(home, ".local/state/sesh/log/dev.log", whose)
          write(home, ".local/bin/sesh", whose)
          write(home, ".local/bin/tool", whose)
        }
        write(here, ".local/state/mine", "1")
        write(there, ".local/state/theirs", "1")
        Fs.symlinkSync(".local", Path.join(here, "link"))
        Fs.symlinkSync(".sesh", Path.join(here, "sessions"))
        const kept = {
          ".sesh/dev.sock": "644 theirs",
          ".local/state/sesh/log/dev.log": "644 theirs",
          ".local/bin/sesh": "644 theirs"
        }
        yield* list(".local", "link")
        assert.strictEqual((yield* push).outcome, "Pushed")
        const after = picture(there)
        assert.include(after, { ...kept, ".local/bin/tool": "644 mine", ".local/state/mine": "644 1" })
        assert.include(after, { "link/bin/tool": "644 mine" })
        for (const path of [".local/state/theirs", "link/bin/sesh", "link/state/sesh"]) assert.notProperty(after, path)
        // Its own log changes all the time.
        write(here, ".local/state/sesh/log/dev.log", "mine, and more")
        assert.strictEqual((yield* push).outcome, "Unchanged")
        yield* list(".sesh", ".sesh/dev.sock", ".local/bin/sesh", ".local/state/sesh", "sessions")
        const { events, outcome } = yield* push
        assert.strictEqual(outcome, "Failed")
        assert.deepStrictEqual(
          events.flatMap((event) => event.event === "sync_path_failed" ? [event.stderr] : []),
          [1, 2, 3, 4, 5].map((line) => `line ${line}: it is sesh's own: every machine has one`)
        )
        assert.include(picture(there), kept)
        assert.notProperty(picture(there), "sessions")
      })
    )

    test(
      "a listed link is pushed as what it leads to, and again when that has changed",
      Effect.gen(function*() {
        const { here, there } = yield* Homes
        write(here, "dotfiles/bashrc", "1")
        write(here, "dotfiles/nvim/init", "1")
        Fs.symlinkSync("dotfiles/bashrc", Path.join(here, ".bashrc"))
        Fs.symlinkSync("dotfiles/nvim", Path.join(here, ".nvim"))
        Fs.symlinkSync("not there", Path.join(here, "broken"))
        yield* list(".bashrc", ".nvim", "broken")
        assert.deepStrictEqual((yield* push).events, [
          { event: "sync_start", host: web },
          { event: "sync_path_skipped", path: "broken" },
          pushed(".bashrc", 1),
          pushed(".nvim", 1),
          { event: "sync_done", ok: true }
        ])
        const arrived = { ".bashrc": "644 1", ".nvim": "/", ".nvim/init": "644 1" }
        assert.deepStrictEqual(picture(there), arrived)
        assert.strictEqual((yield* push).outcome, "Unchanged")
        for (const path of ["dotfiles/bashrc", "dotfiles/nvim/init"]) {
          write(here, path, "2")
          assert.strictEqual((yield* push).outcome, "Pushed", path)
          assert.strictEqual((yield* push).outcome, "Unchanged", path)
        }
        assert.include(picture(there), { ".bashrc": "644 2", ".nvim/init": "644 2" })
        write(here, "dotfiles/other", "3")
        Fs.rmSync(Path.join(here, ".bashrc"))
        Fs.symlinkSync("dotfiles/other", Path.join(here, ".bashrc"))
        assert.strictEqual((yield* push).outcome, "Pushed")
        assert.include(picture(there), { ".bashrc": "644 3" })
      })
    )

    test(
      "a missing path is skipped, and pushed once it exists",
      Effect.gen(function*() {
        const { here, there } = yield* Homes
        write(here, "good", "1")
        yield* list("good", "later/file")
        assert.deepStrictEqual(yield* push, {
          outcome: "Pushed",
          events: [
            { event: "sync_start", host: web },
            { event: "sync_path_skipped", path: "later/file" },
            pushed("good", 1),
            { event: "sync_done", ok: true }
          ]
        })
        assert.strictEqual((yield* push).outcome, "Unchanged")
        write(here, "later/file", "12")
        assert.strictEqual((yield* push).outcome, "Pushed")
        assert.strictEqual(picture(there)["later/file"], "644 12")
      })
    )

    test(
      "many at once push once, and all wait for it",
      Effect.gen(function*() {
        const { here, there } = yield* Homes
        write(here, "dir/a", "1")
        yield* list("dir")
        const sync = yield* FileSync
        const outcomes = yield* Effect.all(
          Array.from(
            { length: 5 },
            () => Effect.map(sync.push(web), ({ _tag }) => `${_tag} ${Fs.existsSync(Path.join(there, "dir/a"))}`)
          ),
          { concurrency: "unbounded" }
        )
        assert.deepStrictEqual(outcomes.toSorted(), [
          "Pushed true",
          ...Array.from({ length: 4 }, () => "Unchanged true")
        ])
      })
    )

    test(
      "an unreachable host is reported to the caller, and not to the user",
      Effect.gen(function*() {
        const { here } = yield* Homes
        write(here, "a", "1")
        yield* list("a")
        const outcome = yield* (yield* FileSync).push(nowhere)
        assert.strictEqual(outcome._tag, "Unreachable")
        assert.deepStrictEqual((yield* EventLogTestRef).events.at(-1), { event: "sync_done", ok: false })
        assert.notInclude((yield* OutputTestRef).err.join("\n"), "no host named")
      })
    )

    test(
      "an invalid list is reported",
      Effect.gen(function*() {
        const { here } = yield* Homes
        const path = Path.join(here, ".config/sesh/sync")
        const makers: ReadonlyArray<() => void> = [
          () => write(here, ".config/sesh/sync", Buffer.from([0xff, 0xfe, 0, 1])),
          () => write(here, ".config/sesh/sync", "x\n".repeat(100_000)),
          () => Fs.mkdirSync(path)
        ]
        for (const make of makers) {
          Fs.rmSync(path, { recursive: true, force: true })
          make()
          const { events, outcome } = yield* push
          assert.deepStrictEqual([outcome, events.length], ["Failed", 3], String(make))
        }
      })
    )
  })
}

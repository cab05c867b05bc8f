import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as ChildProcess from "node:child_process"
import * as Fs from "node:fs"
import * as Net from "node:net"
import * as Path from "node:path"
import { ownProcess } from "../../../src/layers/system/machine.ts"
import { readProcStat } from "../../../src/layers/system/procStat.ts"
import { fakeInfo } from "../../../src/layers/testing/SessionRegistryFake.ts"
import type { DaemonProcess } from "../../../src/schema/Machine.ts"
import { encodeFrame, FrameType, header, MAX_PAYLOAD_BYTES } from "../../../src/schema/protocol/Frame.ts"
import { SessionDescription } from "../../../src/schema/Session.ts"
import { OperatingSystem } from "../../../src/services/OperatingSystem.ts"
import { Paths } from "../../../src/services/Paths.ts"
import { SessionClient } from "../../../src/services/SessionClient.ts"
import { SessionServer } from "../../../src/services/SessionServer.ts"
import { connected, type Ear, ear, errorOf, until, work } from "../../contract/SessionServer.ts"
import { leaveDead } from "../../fixtures/dead.ts"
import { machine } from "../../fixtures/machine.ts"
import { turns } from "../../support/turns.ts"

const encodeDescription = Schema.encodeSync(Schema.fromJsonString(SessionDescription))

const quiet = { name: work, prepare: Effect.void, onConnection: () => undefined }

/** Serves, and what its first client sends raw. */
const hearing = (...chunks: ReadonlyArray<Buffer>) =>
  Effect.gen(function*() {
    const server = yield* SessionServer
    const ears: Array<Ear> = []
    yield* server.listen({ ...quiet, onConnection: (connection) => ears.push(ear(connection)) })
    const socket = Net.connect((yield* Paths).session(work).socket)
    for (const chunk of chunks) socket.write(chunk)
    return { ears, socket }
  })

/** Starts another process that takes the name in this home. */
const taker = (dir: string) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const child = ChildProcess.spawn(
        process.execPath,
        [Path.join(import.meta.dirname, "../../fixtures/taker.ts"), work],
        {
          env: { ...process.env, SESH_DIR: dir },
          stdio: ["pipe", "pipe", "inherit"]
        }
      )
      const said: Array<string> = []
      child.stdout.on("data", (bytes) => said.push(String(bytes).trim()))
      return { child, said }
    }),
    ({ child }) => Effect.promise(() => new Promise<void>((resolve) => child.once("exit", () => resolve()).stdin.end()))
  )

describe("SessionServerUnix", () => {
  it.live("the socket is ours alone, whatever the umask", () =>
    Effect.gen(function*() {
      const umask = process.umask(0)
      yield* Effect.addFinalizer(() => Effect.sync(() => process.umask(umask)))
      const paths = yield* Paths
      yield* (yield* SessionServer).listen(quiet)
      assert.strictEqual(Fs.statSync(paths.session(work).socket).mode & 0o777, 0o600)
      assert.strictEqual(process.umask(), 0)
    }).pipe(Effect.provide(machine)))

  it.live("nothing but the lock stays in the directory after a session", () =>
    Effect.gen(function*() {
      const paths = yield* Paths
      const files = paths.session(work)
      const listen = (yield* SessionServer).listen(quiet)
      yield* Effect.scoped(Effect.andThen(
        listen,
        Effect.sync(() => {
          Fs.writeFileSync(files.info, "{}")
          Fs.symlinkSync("/nowhere", files.agent)
          assert.sameMembers(Fs.readdirSync(paths.dir), [".lock", "work.sock", "work.json", "work.agent"])
        })
      ))
      assert.deepStrictEqual(Fs.readdirSync(paths.dir), [".lock"])
    }).pipe(Effect.provide(machine)))

  it.live("a dead socket is replaced, and what killed creators left is removed", () =>
    Effect.gen(function*() {
      const paths = yield* Paths
      yield* paths.ensure
      yield* leaveDead(paths.session(work).socket)
      yield* leaveDead(Path.join(paths.dir, ".abcde"))
      Fs.writeFileSync(Path.join(paths.dir, ".notes"), "")
      const client = yield* SessionClient
      const dead = yield* Effect.flip(client.connect(work))
      assert.deepStrictEqual([dead._tag, "stale" in dead && dead.stale], ["NoSession", true])
      yield* (yield* SessionServer).listen(quiet)
      yield* client.connect(work)
      assert.sameMembers(Fs.readdirSync(paths.dir), [".lock", ".notes", "work.sock"])
    }).pipe(Effect.provide(machine)))

  it.live(
    "of many processes that take a name at the same time one gets it, also when a dead socket lies there",
    () =>
      Effect.gen(function*() {
        const paths = yield* Paths
        yield* paths.ensure
        yield* leaveDead(paths.session(work).socket)
        const takers = yield* Effect.all(Array.from({ length: 12 }, () => taker(paths.dir)))
        yield* until("all have said something", () => takers.every(({ said }) => said.length === 1), 50_000)
        const counts = takers.filter(({ said }) => said[0] === "taken").length
        assert.strictEqual(counts, 1)
        assert.isTrue(takers.every(({ said }) => said[0] === "taken" || said[0] === "SessionExists"))
        yield* (yield* SessionClient).connect(work)
      }).pipe(Effect.provide(machine)),
    60_000
  )

  it.live("a session whose socket was replaced leaves the other one alone when it ends", () => {
    const other = Net.createServer()
    return Effect.gen(function*() {
      const server = yield* SessionServer
      const { socket } = (yield* Paths).session(work)
      yield* Effect.scoped(Effect.gen(function*() {
        yield* server.listen(quiet)
        Fs.unlinkSync(socket)
        yield* Effect.callback<void>((resume) => void other.listen(socket, () => resume(Effect.void)))
      }))
      assert.isTrue(Fs.existsSync(socket))
    }).pipe(Effect.ensuring(Effect.sync(() => other.close())), Effect.provide(machine))
  })

  it.live("a stopped session that takes no connections any more still owns its name", () =>
    Effect.gen(function*() {
      const paths = yield* Paths
      const session = yield* taker(paths.dir)
      yield* until("it runs", () => session.said[0] === "taken")
      session.child.kill("SIGSTOP")
      yield* Effect.addFinalizer(() => Effect.sync(() => session.child.kill("SIGCONT")))
      const client = yield* SessionClient
      let error = "none"
      for (let i = 0; i < 600 && error === "none"; i++) {
        error = yield* client.connect(work).pipe(Effect.match({ onFailure: (e) => e.message, onSuccess: () => "none" }))
      }
      assert.include(error, "is its process stopped?")
      const refused = yield* Effect.flip((yield* SessionServer).listen(quiet))
      assert.strictEqual(refused._tag, "SessionExists")
    }).pipe(Effect.provide(machine)))

  it.live("what is not a socket is not replaced", () =>
    Effect.gen(function*() {
      const paths = yield* Paths
      yield* paths.ensure
      Fs.writeFileSync(paths.session(work).socket, "precious")
      const error = yield* Effect.flip((yield* SessionServer).listen(quiet))
      assert.include(error.message, "is not a socket")
      assert.strictEqual(Fs.readFileSync(paths.session(work).socket, "utf8"), "precious")
    }).pipe(Effect.provide(machine)))

  it.live("a socket that cannot be opened leaves nothing of what was prepared, nor of itself", () =>
    Effect.gen(function*() {
      const paths = yield* Paths
      const files = paths.session(work)
      const prepare = Effect.sync(() => {
        Fs.writeFileSync(files.info, "{}")
        Fs.symlinkSync("/tmp/agent.1", files.agent)
        // A directory that appears in its place just then.
        Fs.mkdirSync(files.socket)
      })
      const error = yield* Effect.flip((yield* SessionServer).listen({ ...quiet, prepare }))
      assert.strictEqual(error._tag, "SessionServerError")
      assert.sameMembers(Fs.readdirSync(paths.dir), [".lock", "work.sock"])
    }).pipe(Effect.provide(machine)))

  it.live("what cannot be prepared leaves nothing of what was", () =>
    Effect.gen(function*() {
      const paths = yield* Paths
      const prepare = Effect.andThen(
        Effect.sync(() => Fs.symlinkSync("/tmp/agent.1", paths.session(work).agent)),
        Effect.fail("no shell" as const)
      )
      assert.strictEqual(yield* Effect.flip((yield* SessionServer).listen({ ...quiet, prepare })), "no shell")
      assert.deepStrictEqual(Fs.readdirSync(paths.dir), [".lock"])
    }).pipe(Effect.provide(machine)))

  it.live("a socket that is removed is made again, and clients stay", () =>
    Effect.gen(function*() {
      const paths = yield* Paths
      const { socket } = paths.session(work)
      const { far, near } = yield* connected
      const heard = ear(near)
      ear(far)
      const remove: ReadonlyArray<() => void> = [
        () => Fs.unlinkSync(socket),
        () => Fs.rmSync(paths.dir, { recursive: true }),
        () => {
          Fs.unlinkSync(socket)
          Fs.writeFileSync(`${socket}.else`, "")
          Fs.renameSync(`${socket}.else`, `${socket}.json`)
        }
      ]
      for (const act of remove) {
        act()
        yield* until("it is there", () => Fs.existsSync(socket))
        yield* Effect.scoped((yield* SessionClient).connect(work))
        assert.strictEqual(Fs.statSync(socket).mode & 0o777, 0o600)
      }
      far.send(FrameType.ping)
      yield* until("the first client is still served", () => heard.frames.length === 1)
    }).pipe(Effect.provide(machine)))

  it.live("what was prepared is made again as well", () =>
    Effect.gen(function*() {
      const files = (yield* Paths).session(work)
      const write = Effect.sync(() => Fs.writeFileSync(files.info, "{}"))
      yield* (yield* SessionServer).listen({ ...quiet, prepare: write, restore: () => write })
      for (const _ of [1, 2]) {
        Fs.unlinkSync(files.info)
        yield* until("it is there", () => Fs.existsSync(files.info))
      }
    }).pipe(Effect.provide(machine)))

  it.live("a session that is not told of changes looks when it gets SIGUSR1", () =>
    Effect.gen(function*() {
      const paths = yield* Paths
      const server = yield* SessionServer
      yield* paths.ensure
      // More than are watched.
      for (let i = 0; i <= 32; i++) yield* leaveDead(Path.join(paths.dir, `dead${i}.sock`))
      yield* server.listen(quiet)
      const { socket } = paths.session(work)
      Fs.unlinkSync(socket)
      process.kill(process.pid, "SIGUSR1")
      yield* until("it is there", () => Fs.existsSync(socket))
    }).pipe(Effect.provide(machine)), 60_000)

  it.live("a name that another session has taken meanwhile stays with it", () =>
    Effect.gen(function*() {
      const files = (yield* Paths).session(work)
      const server = yield* SessionServer
      yield* server.listen(quiet)
      Fs.unlinkSync(files.socket)
      const other = Net.createServer()
      yield* Effect.callback<void>((resume) => void other.listen(files.socket, () => resume(Effect.void)))
      yield* Effect.addFinalizer(() => Effect.sync(() => other.close()))
      const { ino } = Fs.statSync(files.socket)
      process.kill(process.pid, "SIGUSR1")
      // Another look comes after the one of the signal.
      yield* Effect.sleep(300)
      assert.strictEqual(Fs.statSync(files.socket).ino, ino)
    }).pipe(Effect.scoped, Effect.provide(machine)))

  describe("a name without a socket", () => {
    const describedBy = Effect.fnUntraced(function*(daemon: DaemonProcess | undefined, hasSocket: boolean) {
      const paths = yield* Paths
      const files = paths.session(work)
      yield* paths.ensure
      if (hasSocket) yield* leaveDead(files.socket)
      Fs.writeFileSync(
        files.info,
        encodeDescription({ ...fakeInfo(work), ...(daemon === undefined ? {} : { daemon }) })
      )
      return files
    })
    const own = Effect.map(OperatingSystem, ({ machine }) => ownProcess(machine()))

    for (const hasSocket of [false, true]) {
      const socket = hasSocket ? "a socket that nobody listens to" : "no socket"

      it.live(`is taken while its process runs: ${socket}`, () =>
        Effect.gen(function*() {
          const child = ChildProcess.spawn("sleep", ["100"])
          yield* Effect.addFinalizer(() => Effect.sync(() => child.kill("SIGKILL")))
          const { start } = readProcStat(child.pid!) ?? {}
          const daemon = { ...yield* own, pid: child.pid!, ...(start === undefined ? {} : { start }) }
          const { info } = yield* describedBy(daemon, hasSocket)
          assert.strictEqual((yield* Effect.flip((yield* SessionServer).listen(quiet)))._tag, "SessionExists")
          assert.isTrue(Fs.existsSync(info))
        }).pipe(Effect.scoped, Effect.provide(machine)))

      it.live(`is free when another process has the pid, or an older sesh wrote the description: ${socket}`, () =>
        Effect.gen(function*() {
          const reused = { ...yield* own, start: "1" }
          for (const daemon of [reused, undefined]) {
            yield* describedBy(daemon, hasSocket)
            yield* Effect.scoped((yield* SessionServer).listen(quiet))
          }
        }).pipe(Effect.provide(machine)))

      it.live(`is another machine's, and nothing of it is touched: ${socket}`, () =>
        Effect.gen(function*() {
          const paths = yield* Paths
          const node1 = { name: "node1", boot: "b1", id: "i1", pids: "pid:[1]" }
          yield* describedBy({ machine: node1, pid: 77, start: "1" }, hasSocket)
          const before = Fs.readdirSync(paths.dir)
          const taken = yield* Effect.flip((yield* SessionServer).listen(quiet))
          assert.deepInclude(taken, { _tag: "SessionExists", machine: "node1" })
          const away = yield* Effect.flip((yield* SessionClient).connect(work))
          assert.deepInclude(away, { _tag: "SessionElsewhere", machine: "node1" })
          assert.include(away.message, "sesh @node1 work")
          assert.sameMembers(Fs.readdirSync(paths.dir), [...before, ".lock"])
        }).pipe(Effect.provide(machine)))
    }
  })

  it.live("who breaks the framing is dropped, with a reason", () =>
    Effect.gen(function*() {
      const { ears, socket } = yield* hearing(
        encodeFrame(FrameType.ping, Buffer.alloc(0)),
        header(4, MAX_PAYLOAD_BYTES + 1)
      )
      let ended = false
      socket.on("close", () => ended = true).resume()
      yield* until("it was dropped", () => ears[0]?.closed.length === 1 && ended)
      assert.strictEqual(ears[0]!.frames.length, 1)
      assert.include(ears[0]!.closed[0], "is the most")
      assert.deepInclude(errorOf(ears[0]!.ends[0]!), { _tag: "FrameTooLong", bytes: MAX_PAYLOAD_BYTES + 1 })
    }).pipe(Effect.provide(machine)))

  it.live("half a frame is no frame: who goes in the middle of one did not go in good order", () =>
    Effect.gen(function*() {
      const { ears, socket } = yield* hearing(encodeFrame(FrameType.input, Buffer.from("abc")).subarray(0, 6))
      yield* until("it connected", () => ears.length === 1)
      yield* turns
      socket.end()
      yield* until("it ended", () => ears[0]!.closed.length === 1)
      assert.strictEqual(ears[0]!.frames.length, 0)
      assert.include(ears[0]!.closed[0], "in the middle of a frame")
      assert.deepInclude(errorOf(ears[0]!.ends[0]!), { _tag: "FrameCut" })
    }).pipe(Effect.provide(machine)))

  it.live("a frame that comes byte by byte is a frame", () =>
    Effect.gen(function*() {
      const { ears, socket } = yield* hearing()
      for (const byte of encodeFrame(FrameType.input, Buffer.from("abc"))) {
        socket.write(Buffer.of(byte))
        yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
      }
      yield* until("it came", () => ears[0]?.frames.length === 1)
      assert.strictEqual(String(ears[0]!.frames[0]![1]), "abc")
      socket.destroy()
    }).pipe(Effect.provide(machine)))
})

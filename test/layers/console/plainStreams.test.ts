import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { spawn, spawnSync } from "node:child_process"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { onTestFinished } from "vitest"
import { plainInput, plainOutput } from "../../../src/layers/console/plainStreams.ts"
import * as PtyNode from "../../../src/layers/pty/PtyNode.ts"
import { isNonBlocking } from "../../../src/layers/system/openFile.ts"
import { quietly } from "../../../src/layers/system/quietly.ts"
import { Pty } from "../../../src/services/Pty.ts"
import { hasEnded, hear } from "../../contract/Pty.ts"
import { describeWith } from "../../support/needs.ts"

const fixture = Path.join(import.meta.dirname, "../../fixtures/plainStreams.ts")

const never = (): never => {
  throw new Error("Node's own stream would be non-blocking")
}

/** More than a pipe or a socket holds. */
const MUCH = Buffer.alloc(1_000_000, "0123456789\n")

/** A pipe, its two ends in one descriptor. */
const pipe = (): number => {
  const dir = Fs.mkdtempSync(Path.join(Os.tmpdir(), "sesh-"))
  spawnSync("mkfifo", [Path.join(dir, "pipe")])
  const fd = Fs.openSync(Path.join(dir, "pipe"), "r+")
  Fs.rmSync(dir, { recursive: true })
  onTestFinished(() => Fs.closeSync(fd))
  return fd
}

/** What a program writes, and its standard error. Both sides of it are sockets, as Node makes them, but blocking. */
const run = async (file: string, args: ReadonlyArray<string>, input: Buffer) => {
  const child = spawn(file, args, { stdio: "pipe" })
  const out: Array<Buffer> = []
  let err = ""
  child.stdout.on("data", (bytes: Buffer) => out.push(bytes))
  child.stderr.on("data", (bytes: Buffer) => (err += bytes.toString()))
  child.stdin.end(input)
  const code = await new Promise((resolve) => child.on("close", resolve))
  return { code, out: Buffer.concat(out), err }
}

describe.runIf(process.platform === "linux")("a pipe that others share", () => {
  it("stays blocking for them as standard input, and what was not read is theirs", async () => {
    const fd = pipe()
    const { close, stream } = plainInput(fd, never)
    Fs.writeSync(fd, "first")
    const [first] = await new Promise<Array<Buffer>>((resolve) => stream.once("data", (...read) => resolve(read)))
    assert.strictEqual(first!.toString(), "first")
    assert.isFalse(isNonBlocking(fd))
    stream.pause()
    await close()
    Fs.writeSync(fd, "second")
    assert.strictEqual(Fs.readSync(fd, Buffer.alloc(100)), "second".length)
    assert.isFalse(isNonBlocking(fd))
  })

  it("stays blocking for them as standard output, and everything comes out", async () => {
    const fd = pipe()
    const { close, stream } = plainOutput(fd, never)
    // Looked at without waiting: nobody else runs who could fill it.
    const reader = Fs.openSync(`/proc/self/fd/${fd}`, Fs.constants.O_RDONLY | Fs.constants.O_NONBLOCK)
    onTestFinished(() => Fs.closeSync(reader))
    stream.write(MUCH)
    let length = 0
    while (length < MUCH.length) {
      assert.isFalse(isNonBlocking(fd))
      length += quietly(() => Fs.readSync(reader, Buffer.alloc(64 * 1024)), 0)
      await new Promise((resolve) => setImmediate(resolve))
    }
    await close()
    assert.strictEqual(length, MUCH.length)
    assert.isFalse(isNonBlocking(fd))
  })
})

describe.runIf(process.platform === "linux")("a program between shared pipes or sockets", () => {
  it("leaves sockets as they are, and all of it has come out when it ends", async () => {
    const { code, err, out } = await run(process.execPath, [fixture], MUCH)
    assert.deepStrictEqual([code, err], [0, "[]"])
    assert.isTrue(out.equals(MUCH))
  })

  it("leaves pipes as they are, and all of it has come out before what its neighbour writes next", async () => {
    const script = "cat | { \"$@\"; echo over; } | cat"
    const { code, err, out } = await run("/bin/sh", ["-c", script, "sh", process.execPath, fixture], MUCH)
    assert.deepStrictEqual([code, err], [0, "[]"])
    assert.isTrue(out.equals(Buffer.concat([MUCH, Buffer.from("over\n")])))
  })
})

describeWith(["perl"], "sockets that others share", () => {
  // Node has no non-blocking socket that it would hand to a new process.
  it("stay non-blocking where they were", async () => {
    const script = `
use strict; use Socket; use IO::Handle; use Fcntl;
socketpair(my $in, my $stdin, AF_UNIX, SOCK_STREAM, 0) && socketpair(my $out, my $stdout, AF_UNIX, SOCK_STREAM, 0) or die;
$_->blocking(0) for $stdin, $stdout;
my $child = fork;
if (!$child) { open STDIN, "<&", $stdin; open STDOUT, ">&", $stdout; open STDERR, ">/dev/null"; exec @ARGV }
syswrite $in, "hello"; shutdown $in, SHUT_WR;
waitpid $child, 0;
sysread $out, my $said, 100;
print "$said, ", join(" and ", map { fcntl($_, F_GETFL, 0) & O_NONBLOCK ? "non-blocking" : "blocking" } $stdin, $stdout);
`
    const { err, out } = await run("perl", ["-e", script, process.execPath, fixture], Buffer.alloc(0))
    assert.deepStrictEqual([out.toString(), err], ["hello, non-blocking and non-blocking", ""])
  })
})

describe.runIf(process.platform === "linux")("a terminal that others share", () => {
  // The program runs beside one that has it raw, as a pager has, or a shell that edits a line.
  const beside = (end: string) => `
stty sane
mkfifo in out
"$@" <in >out &
exec 3>in 4<out
echo hello >&3; read said <&4
stty raw -echo
${end}
wait
stty -a | grep -oE -e '-?(icanon|echo|opost)( |$)' | tr -d '\n'`

  it.effect.each([["at its end", "exec 3>&-"], ["at a signal", "kill $!"]])(
    "keeps the modes of now: %s",
    ([, end]) =>
      Effect.gen(function*() {
        const cwd = Fs.mkdtempSync(Path.join(Os.tmpdir(), "sesh-"))
        yield* Effect.addFinalizer(() => Effect.sync(() => Fs.rmSync(cwd, { recursive: true })))
        const program = yield* (yield* Pty).spawn({
          file: "/bin/sh",
          args: ["-c", beside(end!), "sh", process.execPath, fixture],
          env: { PATH: process.env["PATH"] ?? "" },
          cwd,
          size: { cols: 80, rows: 24 }
        })
        const shown = hear(program)
        yield* hasEnded(shown)
        assert.match(shown.text(), /-opost -icanon -echo/)
      }).pipe(Effect.provide(PtyNode.layer))
  )
})

import { spawnSync } from "node:child_process"
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, unlinkSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import { describe, expect, it } from "vitest"
import { describeUnless } from "../support/needs.ts"
import { sandbox, SESH } from "../support/sandbox.ts"
import { until } from "../support/until.ts"

const PROBE = "mount -t tmpfs -o size=64k tmpfs /mnt && mount --bind /mnt /mnt && mount -o remount,bind,ro /mnt"

/** Mounts in a namespace of their own, with a host name of its own. */
const NAMESPACE = ["unshare", "--mount", "--uts", "--propagation", "private"] as const

const [unshare, ...flags] = NAMESPACE
const canMount = spawnSync(unshare, [...flags, "sh", "-c", PROBE]).status === 0
const problem = canMount ? undefined : "needs root, and mounts in a namespace of its own (unshare of util-linux)"

const SLEEP = ["sh", "-c", "exec sleep 300"]

describe("files that are removed under a session", () => {
  it("are made again, for the same session", async () => {
    const box = sandbox()
    expect((await box.sesh(["dev", "-d", "--", ...SLEEP])).code).toBe(0)
    const daemon = await box.daemon("dev")
    const socket = path.join(box.dir, "dev.sock")
    const description = path.join(box.dir, "dev.json")
    const isBack = () => existsSync(socket) && existsSync(description)
    const [before] = await box.sessions()
    const remove: ReadonlyArray<() => void> = [
      () => unlinkSync(socket),
      () => unlinkSync(description),
      () => rmSync(box.dir, { recursive: true }),
      // What a moved directory takes along the system does not tell: the session is asked.
      () => {
        renameSync(box.dir, `${box.dir}.moved`)
        process.kill(daemon, "SIGUSR1")
      }
    ]
    for (const act of remove) {
      act()
      await until("the files are back", isBack)
      expect((await box.sessions()).map(({ info }) => info.pid)).toEqual([before!.info.pid])
    }
    rmSync(`${box.dir}.moved`, { recursive: true })
    expect((await box.sesh(["--kill", "dev"])).err).toBe("[dev ended]\n")
    await until("nobody runs", () => box.processes().size === 0, () => [...box.processes()].join("\n"))
    expect(readdirSync(box.dir).toSorted()).toEqual([".lock", "dev.ended"])
  })

  it("are not made over a file in the place of the socket, which is said to be there", async () => {
    const box = sandbox()
    await box.sesh(["dev", "-d", "--", ...SLEEP])
    const socket = path.join(box.dir, "dev.sock")
    // In one step: the session would be faster.
    writeFileSync(path.join(box.dir, "file"), "precious")
    renameSync(path.join(box.dir, "file"), socket)
    const said = `${socket} is not a socket; move it away, and its process ${await box.daemon("dev")} makes it again`
    expect((await box.sesh(["dev", "-d"])).err).toContain(said)
    expect((await box.sesh([])).out).toContain(said)
    expect(readFileSync(socket, "utf8")).toBe("precious")
    unlinkSync(socket)
    expect(await box.sessions()).toHaveLength(1)
    expect((await box.sesh(["--kill", "dev"])).code).toBe(0)
  })

  it("are asked for by whoever needs them: no other session gets the name", async () => {
    const box = sandbox()
    await box.sesh(["dev", "-d", "--", ...SLEEP])
    const daemon = await box.daemon("dev")
    process.kill(daemon, "SIGSTOP")
    unlinkSync(path.join(box.dir, "dev.sock"))
    const said = `its socket leads nowhere, and its process ${daemon} does not make it again; is that stopped?`
    expect((await box.sesh([])).out).toContain(said)
    expect((await box.sesh(["dev", "-d"])).err).toContain(said)
    const exec = await box.sesh(["--exec", "dev", "--", "true"])
    expect([exec.code, exec.err]).toEqual([125, "sesh: a session named dev is already there\n"])
    process.kill(daemon, "SIGCONT")
    expect(await box.sessions()).toHaveLength(1)
    expect([...box.processes().values()].filter((command) => command.endsWith("--daemon dev"))).toHaveLength(1)
  })
})

describeUnless(problem, "disks and machines", () => {
  it("a home that is mounted read-only: what is there can be used, and nothing can be made", async () => {
    const box = sandbox()
    await box.sesh(["dev", "-d"])
    await box.sesh(["other", "-d"])
    const readOnly = `mount --bind "$HOME" "$HOME" && mount -o remount,bind,ro "$HOME" && exec "$@"`
    const sesh = (...args: ReadonlyArray<string>) =>
      box.run(unshare, [...flags, "sh", "-c", readOnly, "sh", SESH, ...args])
    expect((await sesh()).out).toMatch(/^dev .*\nother .*\n$/)
    expect((await sesh("--names")).out).toBe("dev\nother\n")
    expect((await sesh("dev", "-d")).code).toBe(0)
    expect((await sesh("--send", "dev", "echo $((40+2))", "--enter")).code).toBe(0)
    await until("its output is in the history", async () => (await sesh("--history", "dev")).out.includes("\n42\n"))
    expect((await sesh("--detach", "dev")).err).toBe("[0 clients of dev detached]\n")
    const waiting = sesh("--wait", "dev")
    await sesh("--send", "dev", "exit 3", "--enter")
    expect((await waiting).code).toBe(3)
    expect((await sesh("--kill", "other")).err).toBe("[other ended]\n")
    const made = await sesh("new", "-d")
    const sentence = `${box.dir} is on a read-only file system; set SESH_DIR to a directory that can be written to`
    expect([made.code, made.err]).toEqual([1, `sesh: ${sentence}\n`])
  })

  it("a full disk: a session is made on it, and cleans up", async () => {
    const box = sandbox()
    const script = [
      `set -e; mount -t tmpfs -o size=256k tmpfs "$HOME"; cd "$HOME"`,
      `dd if=/dev/zero of=fill bs=4k 2>/dev/null || true`,
      `"$SESH" dev -d -- sh`,
      `"$SESH" --exec job --print -- echo ran`,
      `"$SESH" --history dev > out || echo "status $?"`,
      `"$SESH" --send dev 'rm fill' --enter`,
      `while [ -e fill ]; do sleep 0.05; done`,
      `"$SESH"; "$SESH" new -d -- sleep 9; for name in dev new; do "$SESH" --kill $name; done`
    ].join("\n")
    const { code, err, out } = await box.run("env", [`SESH=${SESH}`, unshare, ...flags, "sh", "-c", script])
    expect(out).toMatch(/^ran\nstatus 1\ndev +0 .*\n$/)
    expect(err).toBe(
      "sesh: cannot write to standard output: no space left on device\n[dev ended]\n[new ended]\n"
    )
    expect(code).toBe(0)
  })

  it("another machine that shares the home sees the session, says where it is, and leaves it alone", async () => {
    const box = sandbox()
    const script = [
      `set -e; base="$HOME/base"; mkdir "$base"; mount -t tmpfs tmpfs "$base"; cd "$base"; mkdir low up work node2`,
      `export HOME="$base/up"; hostname node1; "$SESH" job -d -- sleep 300`,
      // On another machine connecting is refused: the socket's name is there, and no socket behind it.
      `mount -t overlay -o lowerdir=low,upperdir=up,workdir=work overlay node2 || { echo no overlay; exit 9; }`,
      `HOME="$base/node2"; hostname node2; ls -A "$HOME/.sesh"`,
      `"$SESH"; "$SESH" --json; for verb in '' --kill --history; do "$SESH" $verb job || echo "status $?"; done`,
      `"$SESH" --exec job -- true || echo "status $?"`,
      `hostname node1; HOME="$base/up"; ls -A "$HOME/.sesh"; "$SESH" --names; "$SESH" --kill job`
    ].join("\n")
    const { code, err, out } = await box.run("env", [`SESH=${SESH}`, unshare, ...flags, "sh", "-c", script])
    const lines = out.split("\n")
    const files = [".lock", "job.json", "job.sock"]
    expect(lines.slice(0, 3)).toEqual(files)
    expect(lines[3]).toMatch(/^job +- .*\(it runs on node1\)$/)
    expect(JSON.parse(lines[4]!).sessions).toMatchObject([{ name: "job", machine: "node1" }])
    expect(lines.slice(5)).toEqual(["status 1", "status 1", "status 1", "status 125", ...files, "job", ""])
    const away = "sesh: session job runs on node1, which has this directory too; go there: sesh @node1 job"
    expect(err.split("\n").filter((line) => line.startsWith(away))).toHaveLength(3)
    expect(err).toContain("sesh: a session named job is already there")
    expect(err).toMatch(/\n\[job ended\]\n$/)
    expect(code).toBe(0)
  })
})

import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync
} from "node:fs"
import * as path from "node:path"
import { describe, expect, it } from "vitest"
import { describeAsRoot, describeWith } from "../support/needs.ts"
import { type Sandbox, sandbox, SESH } from "../support/sandbox.ts"
import { terminal } from "../support/terminal.ts"
import { until as eventually } from "../support/until.ts"

const shell = (box: Sandbox, line: string) => box.run("bash", ["-c", line])

/** What a script prints outside of a session, and in one. */
const both = async (box: Sandbox, prepare: string, script: string) => {
  writeFileSync(path.join(box.home, "script"), script)
  const outside = await shell(box, `${prepare}; exec sh script`)
  const inside = await shell(box, `${prepare}; exec sesh --exec job --print -- sh script`)
  expect(inside).toMatchObject({ code: 0, err: "" })
  return { outside: outside.out, inside: inside.out }
}

describe.runIf(process.platform === "linux")("the program in a session has what it would have outside", () => {
  it("the limits: of open files too, which Node lifts", async () => {
    const box = sandbox()
    const limits = "ulimit -Sn 256; ulimit -Sc 0; ulimit -Ss 4096; ulimit -Su 5000; ulimit -Sf 123456"
    const { inside, outside } = await both(box, limits, "cat /proc/self/limits")
    expect(inside).toBe(outside)
    expect(inside).toMatch(/Max open files +256 /)
  })

  it("few open files", async () => {
    const { inside } = await both(sandbox(), "ulimit -n 64", "ulimit -Sn; ulimit -Hn")
    expect(inside).toBe("64\n64\n")
  })

  it("priority, umask, processors, and what the kernel kills first", async () => {
    const script = "nice; umask; cat /proc/self/oom_score_adj; grep ^Cpus_allowed: /proc/self/status"
    const prepare =
      "umask 027; echo 300 >/proc/self/oom_score_adj; { renice -n 7 $$; taskset -pc 0 $$; } >/dev/null 2>&1"
    const { inside, outside } = await both(sandbox(), prepare, script)
    expect(inside).toBe(outside)
    expect(inside).toMatch(/^7\n0027\n300\n/)
  })

  const SIGNALS = "grep -E '^Sig(Blk|Ign)' /proc/self/status"

  it.each([
    ["none", ":"],
    ["HUP, as by nohup", "trap '' HUP"],
    ["what Node ignores, and what it handles", "trap '' PIPE XFSZ; trap '' TERM INT QUIT CHLD WINCH USR1 USR2"],
    ["SIGCHLD alone", "trap '' CHLD"]
  ])("signals that are ignored: %s", async (_, prepare) => {
    const { inside, outside } = await both(sandbox(), prepare, SIGNALS)
    expect(inside).toBe(outside)
  })

  it("sesh itself is not ended by what its caller had it ignore, as by nohup", async () => {
    const box = sandbox()
    const job = (status: number) => `sh -c 'until [ -e over ]; do sleep 0.1; done; exit ${status}'`
    const { out } = await shell(
      box,
      `trap '' HUP INT TERM
      sesh dev -d -- ${job(5)}
      sesh --wait dev & waiting=$!
      sesh --exec job -- ${job(6)} & job=$!
      starts() { ! grep -q '^SigCgt:.*[37bf]$' /proc/$1/status; }
      while starts $waiting || starts $job; do sleep 0.05; done
      for signal in HUP INT TERM; do kill -$signal $waiting $job; done
      touch over
      wait $waiting; echo $?
      wait $job; echo $?`
    )
    expect(out).toBe("5\n6\n")
  })

  it("signals that are blocked", async () => {
    const box = sandbox()
    // dash and bash unblock all when they start.
    const line = `env --block-signal=USR1,TERM sesh --exec job --print -- ${SIGNALS}`
    expect((await shell(box, line)).out).toMatch(/^SigBlk:\t0000000000004200$/m)
  })

  it("variables, arguments and directories that are not UTF-8", async () => {
    const box = sandbox()
    const line = [
      "place=$(printf 'caf\\351'); mkdir \"$place\"; export PLACE=\"/mnt/$place\"",
      "sesh --exec job --print -C \"$place\" -- sh -c 'printf %s \"$PLACE|$1|${PWD##*/}|$(basename \"$(pwd -P)\")\"' sh \"$place\"",
      "cd \"$place\"; sesh --exec job --print -- sh -c 'printf %s \"|$(basename \"$(pwd -P)\")\"'"
    ]
    const { out } = await shell(box, `{ ${line.join("; ")}; } | od -An -v -tx1`)
    const cafe = "636166e9"
    expect(out.replaceAll(/\s/g, "")).toBe(`2f6d6e742f${cafe}7c${cafe}7c${cafe}7c${cafe}7c${cafe}`)
  })

  it.each(["SESH_DIR=$place", "HOME=$place", "SESH_DIR=/mnt/s HOME=$place XDG_STATE_HOME="])(
    "but for a place of ours that is not UTF-8, which is refused in words: %s",
    async (env) => {
      const box = sandbox()
      const { code, err } = await shell(box, `place=$(printf '/mnt/caf\\351'); unset SESH_DIR; ${env} sesh dev -d`)
      expect(code).toBe(1)
      expect(err).toMatch(/^sesh: .*\/mnt\/caf.* is not UTF-8; set \w+ to another place\n$/)
      expect(box.made()).toEqual([])
    }
  )

  it("an agent and a layout whose names are not UTF-8", async () => {
    const box = sandbox()
    const line = [
      "name=$(printf 'caf\\351'); mkdir \"$name\"; echo agent > \"$name/agent\"; printf 'job\\t/\\n' > \"$name/layout\"",
      "export SSH_AUTH_SOCK=\"$PWD/$name/agent\"; sesh --exec other --print -- sh -c 'cat \"$SSH_AUTH_SOCK\"'",
      "sesh --import \"$name/layout\""
    ]
    expect(await shell(box, line.join("; "))).toEqual({
      code: 0,
      signal: null,
      out: "agent\njob: created in /\n",
      err: ""
    })
  })

  it("nothing of a directory that was removed, to which an agent's name and PWD are relative", async () => {
    const prepare = "mkdir gone; cd gone; rmdir ../gone; export SSH_AUTH_SOCK=agent PWD=here"
    const found = await shell(sandbox(), `${prepare}; sesh --exec job --print -- sh -c 'echo "$PWD"'`)
    expect(found).toMatchObject({ code: 0, out: "/\n", err: "" })
  })

  it("Ctrl-C works in a session's shell that a script has made in the background", async () => {
    const box = sandbox()
    await shell(box, "sesh dev -d & wait")
    const heard = () => box.sesh(["--history", "dev"]).then(({ out }) => out)
    const type = async (...args: ReadonlyArray<string>) =>
      expect(await box.sesh(["--send", "dev", ...args])).toMatchObject({ code: 0, err: "" })
    await type("echo beg''ins; cat", "--enter")
    await eventually("it runs", async () => (await heard()).includes("begins"))
    await type("\u0003")
    await eventually("it is interrupted", async () => (await heard()).includes("^C"))
    await type("exit 5", "--enter")
    expect((await box.sesh(["--wait", "dev"])).code).toBe(5)
  })

  it("functions of bash, and variables that no shell can name", async () => {
    const box = sandbox()
    const env = { "BASH_FUNC_hello%%": "() {  echo hello\n}", "a.b-c": "odd", constructor: "own", valueOf: "price" }
    const script = "hello; env | grep -e ^a.b -e ^con -e ^val | sort"
    const found = await box.sesh(["--exec", "job", "--print", "--", "bash", "-c", script], {
      env: { ...box.env, ...env }
    })
    expect(found.out).toBe("hello\na.b-c=odd\nconstructor=own\nvalueOf=price\n")
  })

  it.each([
    ["OPENSSL_CONF", "/dev/stdin"],
    ["OPENSSL_CONF", "bad.cnf"],
    ["NODE_OPTIONS", "--no-such-option"],
    ["NODE_REPL_EXTERNAL_MODULE", "/no/such"],
    ["NODE_CHANNEL_FD", "3"],
    ["NODE_CHANNEL_FD", "nonsense"],
    ["NODE_UNIQUE_ID", "1"],
    ["NODE_V8_COVERAGE", "coverage"],
    ["NODE_EXTRA_CA_CERTS", "/no/such"],
    ["NODE_ICU_DATA", "/no/such"],
    ["NODE_DEBUG", "net,fs"],
    ["NODE_DEBUG_NATIVE", "ALL"],
    ["NODE_PENDING_DEPRECATION", "1"],
    ["NODE_REDIRECT_WARNINGS", "warnings"],
    ["NODE_COMPILE_CACHE", "cache"],
    ["SSL_CERT_FILE", "/no/such"],
    ["UV_THREADPOOL_SIZE", "1000"],
    ["UV_USE_IO_URING", "1"]
  ])("a variable of Node's own, which does nothing to sesh: %s=%s", async (name, value) => {
    const box = sandbox({ [name]: value })
    writeFileSync(path.join(box.home, "bad.cnf"), "garbage [[[\n")
    const found = await box.sesh(["--exec", "job", "--print", "--", "sh", "-c", `printf %s "$${name}"`])
    expect(found).toEqual({ code: 0, signal: null, out: value, err: "" })
    expect(box.made()).toEqual([".local", ".sesh", "bad.cnf"])
  })
})

describeWith(["tmux"], "the terminal of a session", () => {
  it("has the modes of the one it was made on", async () => {
    const box = sandbox()
    const t = await terminal(box, { cols: 100 })
    t.run("stty erase '^H' intr '^]' -ixon -echoctl tostop; sesh dev")
    await t.prompt("$")
    t.fresh(
      "stty -a | tr ';' '\\n' | grep -oE '^ *(erase|intr) = .*|-?(ixon|echoctl|tostop|iutf8)' | tr -d ' ' | sort -u | tr '\\n' ,"
    )
    await t.shows("-echoctl,-ixon,erase=^H,intr=^],iutf8,tostop,")
  })
})

describeWith(["tmux"], "a session without an agent", () => {
  it("has no SSH_AUTH_SOCK, so that a user's own script starts one", async () => {
    const box = sandbox({ SSH_AUTH_SOCK: undefined })
    const found = await box.sesh(["--exec", "job", "--print", "--", "sh", "-c", "echo ${SSH_AUTH_SOCK-unset}"])
    expect(found.out).toBe("unset\n")
  })

  it("a link of the user's to the agent is followed when it is used", async () => {
    const box = sandbox()
    for (const agent of ["agent1", "agent2"]) writeFileSync(path.join(box.home, agent), "")
    const link = path.join(box.home, "auth_sock")
    symlinkSync("agent1", link)
    const t = await terminal(box)
    t.run(`SSH_AUTH_SOCK=${link} sesh dev`)
    await t.prompt("$")
    t.run("readlink -f $SSH_AUTH_SOCK; ln -sf agent2 auth_sock; readlink -f $SSH_AUTH_SOCK")
    await t.shows(`\n${box.home}/agent1\n${box.home}/agent2\n`)
  })
})

describe("a bad value of a variable of ours", () => {
  it.each([
    ["SESH_SCROLLBACK", "lots", "SESH_SCROLLBACK is \"lots\"; set it to a number of lines, 100000 at the most"],
    [
      "SESH_PRESERVE_ENV",
      "A;B",
      "SESH_PRESERVE_ENV is \"A;B\"; set it to names of variables, with commas between them"
    ],
    ["SESH_DIR", "here", "here is not an absolute path; set SESH_DIR to one that begins with \"/\""]
  ])("is said, and no session made: %s=%s", async (name, value, words) => {
    const box = sandbox({ [name]: value })
    const { code, err } = await box.sesh(["dev", "-d"])
    expect(code).toBe(1)
    expect(err).toContain(words)
    expect(err.trim().split("\n")).toHaveLength(1)
    expect(readdirSync(box.home)).not.toContain("here")
  })
})

describeAsRoot("a user of whom the system knows little", () => {
  /** A number that no account has. */
  const NOBODY = 12_345

  const as = (box: Sandbox, env: Record<string, string>, ...args: ReadonlyArray<string>) => {
    const given = Object.entries(env).map(([name, value]) => `${name}=${value}`)
    const user = ["--reuid", String(NOBODY), "--regid", String(NOBODY), "--clear-groups"]
    return box.run("setpriv", [...user, "env", "-i", `SESH_SANDBOX=${box.home}`, ...given, SESH, ...args])
  }

  const owned = (box: Sandbox, name: string) => {
    const dir = path.join(box.home, name)
    chmodSync(box.home, 0o755)
    mkdirSync(dir)
    chownSync(dir, NOBODY, NOBODY)
    return dir
  }

  const RUN = ["--exec", "job", "--print", "--", "/bin/echo", "runs"]

  it("has sessions with SESH_DIR alone: no HOME, no SHELL, no account", async () => {
    const box = sandbox()
    const dir = owned(box, "own")
    expect(await as(box, { SESH_DIR: `${dir}/s` }, ...RUN)).toMatchObject({ code: 0, out: "runs\n" })
    const shell = await as(box, { SESH_DIR: `${dir}/s`, PATH: "/usr/bin:/bin" }, "dev", "-d")
    expect(shell).toMatchObject({ code: 0, err: "" })
    expect(await as(box, { SESH_DIR: `${dir}/s` }, "--kill", "dev")).toMatchObject({ code: 0 })
  })

  it("is told in a line where a host cannot be reached by ssh2", async () => {
    const box = sandbox()
    const { code, err } = await as(box, { SESH_DIR: `${owned(box, "own")}/s`, SESH_SSH: "ssh2" }, "@127.0.0.1")
    expect(code).toBe(1)
    expect(err).toMatch(/^sesh: [^\n]*\n$/)
  })

  it.each([[{}], [{ HOME: "" }], [{ HOME: "/" }], [{ HOME: "/no/such" }], [{ PATH: "/usr/bin:/bin" }]])(
    "is told in a line where no session can be: %j",
    async (env) => {
      const box = sandbox()
      chmodSync(box.home, 0o755)
      const { code, err } = await as(box, env, ...RUN)
      expect(code).toBe(125)
      expect(err).toMatch(/^sesh: \S*\/\.sesh cannot be made: .*SESH_DIR to another place\n$/)
      expect(await as(box, env)).toMatchObject({ code: 0 })
    }
  )
})

describeAsRoot("root with somebody else's environment, as by sudo -E", () => {
  const OWNER = 12_345

  const prepared = () => {
    const box = sandbox()
    chmodSync(box.home, 0o755)
    const [theirs, ours] = ["theirs", "ours"].map((name) => path.join(box.home, name)) as [string, string]
    for (const dir of [theirs, ours]) mkdirSync(dir)
    chownSync(theirs, OWNER, OWNER)
    return { box, theirs, ours }
  }

  /** Whoever it belongs to. */
  const ownersIn = (dir: string): ReadonlyArray<number> =>
    readdirSync(dir, { recursive: true }).map((name) => statSync(path.join(dir, String(name))).uid)

  it("leaves nothing in that home that its owner cannot use", async () => {
    const { box, ours, theirs } = prepared()
    const borrowed = {
      SESH_DIR: `${ours}/s`,
      XDG_CACHE_HOME: `${theirs}/cache`,
      XDG_RUNTIME_DIR: theirs,
      SESH_EVENT_LOG: `${theirs}/events`
    }
    for (const more of [{ HOME: theirs, XDG_STATE_HOME: `${ours}/state` }, { XDG_STATE_HOME: `${theirs}/state` }]) {
      const env: NodeJS.ProcessEnv = { ...box.env, ...borrowed, ...more }
      const found = await box.sesh(["--exec", "job", "--print", "--", "sh", "-c", "echo $HOME"], { env })
      expect(found).toMatchObject({ code: 0, out: `${env["HOME"]}\n` })
      expect(new Set(ownersIn(theirs))).toEqual(new Set([OWNER]))
    }
  })

  it("makes no directory of sessions there", async () => {
    const { box, theirs } = prepared()
    for (const dir of [`${theirs}/s`, `${theirs}/.sesh`]) {
      const { code, err } = await box.sesh(["dev", "-d"], { env: { ...box.env, SESH_DIR: dir } })
      expect(code).toBe(1)
      expect(err).toContain(`${dir} would be in a place of someone else (user ${OWNER})`)
    }
    expect(readdirSync(theirs)).toEqual([])
  })

  it("follows no link of the owner's", async () => {
    const { box, ours, theirs } = prepared()
    writeFileSync(`${ours}/secret`, "mine\n")
    mkdirSync(`${ours}/place`)
    symlinkSync(`${ours}/secret`, `${theirs}/events`)
    symlinkSync(`${ours}/place`, `${theirs}/state`)
    const env = {
      ...box.env,
      SESH_DIR: `${ours}/s`,
      XDG_STATE_HOME: `${theirs}/state`,
      SESH_EVENT_LOG: `${theirs}/events`
    }
    await box.sesh(["--exec", "job", "--", "true"], { env })
    expect(readFileSync(`${ours}/secret`, "utf8")).toBe("mine\n")
    expect(readdirSync(`${ours}/place`)).toEqual([])
  })
})

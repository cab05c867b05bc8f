import { ptyProcesses } from "../../src/layers/pty/processes.ts"
import * as PtyNode from "../../src/layers/pty/PtyNode.ts"
import type { FakeProgram } from "../../src/layers/testing/PtyFake.ts"
import * as PtyFake from "../../src/layers/testing/PtyFake.ts"
import type { PtySpec } from "../../src/services/Pty.ts"
import { describeWith } from "../support/needs.ts"
import { byProcessTools, PROCESS_NEEDS } from "../support/processTools.ts"
import { counted, type scripts, sha256, suite } from "./Pty.ts"

/** A line, as a terminal that is not raw shows it. */
const line = (text: string) => `${text}\r\n`

/** The suite's scripts, played. */
const plays: Record<keyof typeof scripts, (program: FakeProgram, arg: string, second: string) => void> = {
  say: (program, text, status) => {
    program.print(line(text))
    program.exit(Number(status))
  },
  count: (program, upTo) => {
    program.print(counted(Number(upTo)))
    program.exit(7)
  },
  echo: (program) => {
    program.onTyped = (bytes) => program.print(bytes)
    program.print("ready")
  },
  hash: (program, length) => {
    program.stall(true)
    program.onSignal = () => program.stall(false)
    program.onTyped = () => {
      if (program.typed.length < Number(length)) return
      program.print(sha256(program.typed))
      program.exit(0)
    }
    program.print("ready")
  },
  size: (program) => {
    const say = ({ cols, rows }: PtySpec["size"]) => program.print(line(`${rows} ${cols}`))
    program.onResize = say
    program.onSignal = () => program.print(line("heard"))
    say(program.spec.size)
  },
  die: (program) => program.exit({ code: 0, signal: 9 }),
  deaf: (program) => {
    program.deaf = true
    program.print("ready")
  }
}

/** A file system of a few files. */
const problem = ({ cwd, file }: PtySpec): string | undefined => {
  if (cwd === "/nowhere") return `the directory "/nowhere" does not exist`
  if (cwd !== "/") return "it is not a directory"
  if (file === "/bin/sh") return undefined
  if (file === "/") return "it is a directory"
  if (file === "/etc/passwd") return "it is not executable"
  return file.includes("/") ? "no such file" : "no such command on the PATH"
}

suite(
  "PtyFake",
  PtyFake.layer({
    problem,
    play: (program) => {
      const [, , name, arg = "", second = ""] = program.spec.args
      plays[name as keyof typeof scripts](program, arg, second)
    }
  })
)
suite("PtyNode", PtyNode.layer)
suite(
  "PtyNode, by the addon",
  PtyNode.makeLayer((terminal) => ptyProcesses(process.platform, terminal), "addon")
)
describeWith(PROCESS_NEEDS, "by ps and lsof", () => suite("PtyNode", byProcessTools))

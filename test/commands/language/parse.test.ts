import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { parser } from "../../../src/commands/language/parse.ts"
import { verbs } from "../../../src/commands/verbs.ts"

const EXEC = { _tag: "Exec", name: "x", dir: undefined, command: ["true"], print: false, keep: false } as const
const OPEN = { _tag: "Open", name: "dev", dir: undefined, command: undefined, detached: false } as const
const SEND = { _tag: "Send", name: "dev", enter: false } as const

const parseWords = parser(verbs)

/** The verb that is asked for, and its input; no host if none is named. */
const parse = (argv: ReadonlyArray<string>) =>
  Effect.map(parseWords(argv), ({ input: { host, ...input }, verb }) => ({
    _tag: `${verb[0]!.toUpperCase()}${verb.slice(1)}`,
    ...input,
    ...(host === undefined ? {} : { host })
  }))

const words = (line: string) => line === "" ? [] : line.split(" ")

describe("the command line", () => {
  it.effect.each(
    [
      ["", { _tag: "List", json: false }],
      ["--json", { _tag: "List", json: true }],
      ["--help", { _tag: "Help" }],
      ["-h", { _tag: "Help" }],
      ["--version", { _tag: "Version" }],
      ["-V", { _tag: "Version" }],
      ["--names", { _tag: "Names" }],
      ["dev", { _tag: "Open", name: "dev", dir: undefined, command: undefined, detached: false }],
      ["dev /tmp", { _tag: "Open", name: "dev", dir: "/tmp", command: undefined, detached: false }],
      ["dev . -d", { _tag: "Open", name: "dev", dir: ".", command: undefined, detached: true }],
      ["-d dev", { _tag: "Open", name: "dev", dir: undefined, command: undefined, detached: true }],
      ["dev -- top -d 1", { _tag: "Open", name: "dev", dir: undefined, command: ["top", "-d", "1"], detached: false }],
      ["dev /x -- a -- b", { _tag: "Open", name: "dev", dir: "/x", command: ["a", "--", "b"], detached: false }],
      ["--kill dev", { _tag: "Kill", names: ["dev"] }],
      ["dev --kill other", { _tag: "Kill", names: ["dev", "other"] }],
      ["--kill 1", { _tag: "Kill", names: ["1"] }],
      ["--kill yes no", { _tag: "Kill", names: ["yes", "no"] }],
      ["--watch dev", { _tag: "Watch", name: "dev" }],
      ["--detach", { _tag: "Detach", name: undefined }],
      ["--detach dev", { _tag: "Detach", name: "dev" }],
      ["--exec x -- true", EXEC],
      ["--exec x --print --keep -C /tmp -- ls -la", {
        ...EXEC,
        dir: "/tmp",
        command: ["ls", "-la"],
        print: true,
        keep: true
      }],
      ["-C/tmp x --exec -- true", { ...EXEC, dir: "/tmp" }],
      ["--exec x -C --print -- true", { ...EXEC, dir: "--print" }],
      ["--exec x -C a -C b -- true", { ...EXEC, dir: "b" }],
      ["--exec x -- --print -C -- --", { ...EXEC, command: ["--print", "-C", "--", "--"] }],
      ["--history dev", { _tag: "History", name: "dev", ansi: false }],
      ["--history --ansi dev", { _tag: "History", name: "dev", ansi: true }],
      ["dev --ansi --history", { _tag: "History", name: "dev", ansi: true }],
      ["--send dev", { ...SEND, text: undefined }],
      ["--send dev --enter", { ...SEND, text: undefined, enter: true }],
      ["--send --enter dev ls", { ...SEND, text: "ls", enter: true }],
      ["--send dev ls -la", { ...SEND, text: "ls -la" }],
      ["--send dev -la --enter", { ...SEND, text: "-la", enter: true }],
      ["dev --send -la", { ...SEND, text: "-la" }],
      ["--send dev --enter more", { ...SEND, text: "--enter more" }],
      ["--send dev -- --enter", { ...SEND, text: "--enter" }],
      ["--send dev a -- b -- c", { ...SEND, text: "a b -- c" }],
      ["--send dev make -C sub", { ...SEND, text: "make -C sub" }],
      ["--send dev --kill a=b --help", { ...SEND, text: "--kill a=b --help" }],
      ["--send dev - 1 yes", { ...SEND, text: "- 1 yes" }],
      ["--wait dev", { _tag: "Wait", name: "dev" }],
      ["--wait 1", { _tag: "Wait", name: "1" }],
      ["--export", { _tag: "Export" }],
      ["--import", { _tag: "Import", file: undefined }],
      ["--import -", { _tag: "Import", file: undefined }],
      ["--import my/layout", { _tag: "Import", file: "my/layout" }],
      ["--import a=b", { _tag: "Import", file: "a=b" }],
      ["--completions zsh", { _tag: "Completions", shell: "zsh" }],
      ["--deploy @web", { _tag: "Deploy", hosts: ["web"] }],
      ["@web --deploy @db", { _tag: "Deploy", hosts: ["web", "db"] }],
      ["--deploy @web @me@db @web", { _tag: "Deploy", hosts: ["web", "me@db"] }],
      ["--upgrade", { _tag: "Upgrade" }],
      ["exec", { _tag: "Open", name: "exec", dir: undefined, command: undefined, detached: false }],
      ["list", { _tag: "Open", name: "list", dir: undefined, command: undefined, detached: false }],
      ["help", { _tag: "Open", name: "help", dir: undefined, command: undefined, detached: false }],
      ["--hosts", { _tag: "Hosts" }],
      ["@web", { _tag: "List", json: false, host: "web" }],
      ["@web --json", { _tag: "List", json: true, host: "web" }],
      ["--json @me@web.example", { _tag: "List", json: true, host: "me@web.example" }],
      ["--names @web", { _tag: "Names", host: "web" }],
      ["@web dev", { ...OPEN, host: "web" }],
      ["@web dev /tmp -d", { ...OPEN, dir: "/tmp", detached: true, host: "web" }],
      ["-d @web dev @tmp", { ...OPEN, dir: "@tmp", detached: true, host: "web" }],
      ["dev ./@web", { ...OPEN, dir: "./@web" }],
      ["dev @types/node", { ...OPEN, dir: "@types/node" }],
      ["--forget @web", { _tag: "Forget", hosts: ["web"] }],
      ["--forget @web @db", { _tag: "Forget", hosts: ["web", "db"] }],
      ["@[fe80::1%eth0] dev -- ls @x", { ...OPEN, command: ["ls", "@x"], host: "[fe80::1%eth0]" }],
      ["@web --kill dev", { _tag: "Kill", names: ["dev"], host: "web" }],
      ["--kill @web dev other", { _tag: "Kill", names: ["dev", "other"], host: "web" }],
      ["@web dev --watch", { _tag: "Watch", name: "dev", host: "web" }],
      ["--watch @web dev", { _tag: "Watch", name: "dev", host: "web" }],
      ["--detach @web dev", { _tag: "Detach", name: "dev", host: "web" }],
      ["@web --exec x -- true", { ...EXEC, host: "web" }],
      ["--exec @web x -C @dir --print -- true", { ...EXEC, dir: "@dir", print: true, host: "web" }],
      ["@web --history dev --ansi", { _tag: "History", name: "dev", ansi: true, host: "web" }],
      ["--wait @web dev", { _tag: "Wait", name: "dev", host: "web" }],
      ["--send dev @home", { ...SEND, text: "@home" }],
      ["@web --send dev @x", { ...SEND, text: "@x", host: "web" }],
      ["--send @web dev @x --enter", { ...SEND, text: "@x", enter: true, host: "web" }],
      ["@web dev --send -la", { ...SEND, text: "-la", host: "web" }]
    ] as const
  )("%j", ([line, request]) =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* parse(words(line)), request as never)
    }))

  it.effect.each(
    [
      ["--bogus", "--bogus"],
      ["-x dev", "no option -x"],
      ["-1 dev", "no option -1"],
      ["-d dev -d", "-d is there more than once"],
      ["-dd dev", "-d is there more than once"],
      ["--json --json", "--json is there more than once"],
      ["--kill", "name is missing"],
      ["--watch", "name is missing"],
      ["-d", "name is missing"],
      ["-- ls", "name is missing"],
      ["dev /tmp more", "\"more\""],
      ["--watch a b", "\"b\""],
      ["--detach a b", "\"b\""],
      ["--help dev", "\"dev\""],
      ["dev --", "no command after --"],
      ["--kill dev -- ls", "command"],
      ["--kill --watch dev", "do not go together"],
      ["--json dev", "--json"],
      ["--kill -d dev", "-d"],
      ["a/b", "letters"],
      [".. /tmp", "start"],
      ["--kill good bad/name", "bad/name"],
      ["--no-json", "--no-json"],
      ["--exec x", "command after -- is missing"],
      ["--exec x ls", "command after -- is missing"],
      ["--exec x --", "no command after --"],
      ["--exec -- ls", "name is missing"],
      ["--exec x y -- ls", "\"y\""],
      ["--exec -d x -- ls", "-d does not go with --exec"],
      ["--exec x -C", "directory after -C is missing"],
      ["--exec x -C -- ls", "directory after -C is missing"],
      ["dev -C /tmp", "-C does not go here"],
      ["--kill dev -C/tmp", "-C does not go with --kill"],
      ["dev --print", "--print does not go here"],
      ["--print", "--print does not go here"],
      ["--keep --wait x", "--keep does not go with --wait"],
      ["--ansi", "--ansi does not go here"],
      ["--ansi --send dev", "--ansi does not go with --send"],
      ["dev --enter", "--enter does not go here"],
      ["--history dev --enter", "--enter does not go with --history"],
      ["--history", "name is missing"],
      ["--history a b", "\"b\""],
      ["--history dev -- ls", "a command does not go with --history"],
      ["--send", "name is missing"],
      ["--send -- text", "name is missing"],
      ["--send dev --", "no text after --"],
      ["--send a/b text", "letters"],
      ["--send - text", "start"],
      ["--help --send dev", "do not go together"],
      ["--wait", "name is missing"],
      ["--wait a b", "\"b\""],
      ["--export layout", "\"layout\""],
      ["--export --import", "do not go together"],
      ["--export --json", "--json"],
      ["--import a b", "\"b\""],
      ["--import -- a", "a command does not go with --import"],
      ["--import -x", "no option -x"],
      ["--completions", "shell is missing"],
      ["--completions tcsh", "no completions for \"tcsh\""],
      ["--completions bash zsh", "\"zsh\""],
      ["--deploy", "host is missing"],
      ["--deploy web", "a host is written @web"],
      ["--deploy @", "cannot be a host: it is empty"],
      ["--deploy @-x", "must not start with \"-\""],
      ["--deploy --upgrade", "do not go together"],
      ["--upgrade @web", "--upgrade does not go with a host"],
      ["--kill=no dev", "no option --kill=no"],
      ["-d=no dev", "no option -d=no"],
      ["--exe x -- ls", "no option --exe"],
      ["@", "it is empty"],
      ["@-web dev", "must not start with"],
      ["@we/b dev", "ssh configuration"],
      ["--kill @web", "name is missing"],
      ["--kill @web @db dev", "letters"],
      ["@web -d", "name is missing"],
      ["@web -- ls", "name is missing"],
      ["@web --detach", "which session on web"],
      ["--export @web", "--export does not go with a host"],
      ["@web --import", "--import does not go with a host"],
      ["--import @web", "--import does not go with a host"],
      ["@web --completions bash", "--completions does not go with a host"],
      ["--help @web", "--help does not go with a host"],
      ["@web --version", "--version does not go with a host"],
      ["--hosts @web", "--hosts does not go with a host"]
    ] as const
  )("%j is wrong: one line says what, one the right form", ([line, what]) =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(parse(words(line)))
      assert.strictEqual(error._tag, "UsageError")
      assert.include(error.problem, what)
      assert.notInclude(error.problem, "\n")
      assert.match(error.form, /^sesh /)
    }))

  it.effect.each(
    [
      ["dev @web", "sesh @web dev"],
      ["dev @web /tmp -d", "sesh @web dev /tmp -d"],
      ["dev /tmp @web", "sesh @web dev /tmp"],
      ["dev @web -- echo a'b", "sesh @web dev -- echo 'a'\\''b'"],
      ["--kill dev @me@web other", "sesh @me@web --kill dev other"],
      ["--watch dev @web", "sesh @web --watch dev"],
      ["--detach dev @web", "sesh @web --detach dev"],
      ["--history dev @web --ansi", "sesh @web --history dev --ansi"],
      ["--wait dev @web", "sesh @web --wait dev"],
      ["--exec dev @web -C /x -- make", "sesh @web --exec dev -C /x -- make"]
    ] as const
  )("%j has its host in the wrong place: the right line is given", ([line, form]) =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(parse(words(line)))
      assert.strictEqual(error._tag, "UsageError")
      assert.match(error.problem, /^a host goes before the name(, and a directory is written \.\/@web)?$/)
      assert.strictEqual(error.form, form)
    }))

  it.effect("an empty file name is refused", () =>
    Effect.gen(function*() {
      assert.include((yield* Effect.flip(parse(["--import", ""]))).problem, "name is empty")
    }))

  it.effect("an empty directory is refused: the variable was not set", () =>
    Effect.gen(function*() {
      for (const argv of [["dev", ""], ["--exec", "dev", "-C", "", "--", "ls"]]) {
        assert.include((yield* Effect.flip(parse(argv))).problem, "directory's name is empty")
      }
    }))

  it.effect("empty texts and arguments are kept", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* parse(["--send", "dev", ""]), { ...SEND, text: "" } as never)
      assert.deepStrictEqual(
        yield* parse(["--exec", "x", "--", "true", ""]),
        { ...EXEC, command: ["true", ""] } as never
      )
    }))
})

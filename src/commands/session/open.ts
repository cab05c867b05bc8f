import * as Argument from "effect/cli/Argument"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type HostName, hostWord } from "../../schema/HostName.ts"
import type { SessionName } from "../../schema/SessionName.ts"
import { AttachClient } from "../../services/AttachClient.ts"
import { HostMemory } from "../../services/HostMemory.ts"
import { Prompt } from "../../services/Prompt.ts"
import type { SessionElsewhere } from "../../services/SessionElsewhere.ts"
import { SessionRegistry } from "../../services/SessionRegistry.ts"
import { hostOfMachine } from "../hosts/elsewhere.ts"
import { locateOne, NothingChosen } from "../hosts/locate.ts"
import { runOnHostWithFiles } from "../hosts/withFiles.ts"
import { command, flag, host, notEmpty, operand, session } from "../language/params.ts"
import { type InputOf, verb } from "../language/verb.ts"
import { PerhapsElsewhere } from "../words/failures.ts"
import { type Failure, reportConnectionLost } from "../words/report.ts"
import { refuseLoop, reportEnd, shownWithin } from "./attachment.ts"
import { launch } from "./launch.ts"
import { newSpec } from "./newSpec.ts"

const params = {
  host,
  detached: flag("no-attach", "create only, without attaching", "d"),
  command: command.pipe(Flag.withDefault(undefined)),
  name: session,
  dir: operand("directory", "directory").pipe(Argument.withDefault(undefined), notEmpty("directory"))
}

type Open = InputOf<typeof params>

/** `sesh <name>`: attaches to the session; creates it first if there is none. */
export const open = verb({
  name: "open",
  isMeantBy: "a name",
  help: {
    group: "Sessions",
    form: "sesh <name> [dir] [-d] [-- <command> [args...]]",
    meaning: "create a session, or attach to it",
    details: [
      "A session that is not here is looked for on other hosts, unless `<dir>`, `-d` or a command is given; see ON OTHER HOSTS.",
      "If there is no session `<name>`, it is created in `<dir>`, or else in the current directory. It runs `$SHELL`, or `<command>`, with the environment of this `sesh`.",
      "When the session ends meanwhile, `sesh` exits with its status. What comes from a pipe is typed, and its end detaches. Attaching a session to itself, or to one that shows it, is refused, also over other hosts; a plain `ssh` in between hides that."
    ],
    flags: {
      detached: "If the session is there already, that is as well."
    }
  },
  params,
  run: (request) => openOrCreate(request)
})

const openOrCreate = (request: Open) => {
  const { host, name } = request
  if (host !== undefined) {
    return openOnHost(
      host,
      (synced) => request.detached ? createThere(request, synced) : attachOrCreate(host, request, synced)
    )
  }
  if (request.detached) return create(request)
  const isPlain = request.dir === undefined && request.command === undefined
  return attach(name).pipe(
    Effect.catchTag("NoSession", () => isPlain ? attachElsewhere(request) : createAndAttach(request)),
    Effect.catchTag("SessionElsewhere", (error) => isPlain ? attachOnMachine(error) : Effect.fail(error))
  )
}

/** As `runOnHostWithFiles`, for commands that connect themselves, and so report an unreachable host themselves. */
const openOnHost = <E extends Failure, R>(
  host: HostName,
  command: (synced: Effect.Effect<void>) => Effect.Effect<number, E, R>
) => runOnHostWithFiles(host, (synced) => command(Effect.ignore(synced)))

const attach = Effect.fn("open")(function*(name: SessionName, synced: Effect.Effect<void> = Effect.void) {
  const where = yield* refuseLoop(name)
  return yield* reportEnd(name, yield* (yield* AttachClient).attach({ name, role: "attach", before: synced, ...where }))
}, (command) => reportConnectionLost(command))

/**
 * On a host that the user named. One that did not have the session is asked to create it at once: it does not if there
 * is one by now, and to look first costs round trips. One that is new to us may have to get sesh first, which need not
 * wait for the files.
 */
const attachOrCreate = Effect.fnUntraced(function*(host: HostName, request: Open, synced: Effect.Effect<void>) {
  const known = yield* (yield* HostMemory).get(host)
  const hadNone = Option.exists(known, ({ sessions }) => sessions.every(({ name }) => name !== request.name))
  return yield* hadNone
    ? createAndAttach(request, synced)
    : Effect.catchTag(attach(request.name, synced), "NoSession", () => createAndAttach(request, synced))
})

/**
 * The session may be on a host that cannot be asked now, where a new one here would be another session of that name:
 * the user chooses one of these hosts, or none to create the session here. Fails in a script.
 */
const chooseWhere = Effect.fnUntraced(function*({ commands, hosts, name }: PerhapsElsewhere) {
  const prompt = yield* Prompt
  if (!prompt.isPossible) {
    return yield* new PerhapsElsewhere({ name, hosts, commands: [...commands, `sesh ${name} .`] })
  }
  const choices = [...hosts.map((host) => `go to ${host}, and wait for it`), "create a new session here"]
  const chosen = yield* prompt.choose(`${name} may be on ${hosts.join(", ")}:`, choices)
  if (Option.isNone(chosen)) return yield* new NothingChosen()
  return Option.fromUndefinedOr(hosts[chosen.value])
})

/** The user named no host: the session may be on another one. If it ends meanwhile, it is not created there. */
const attachElsewhere = Effect.fnUntraced(function*(request: Open) {
  const host = yield* locateOne(request.name, (host, name) => `sesh ${hostWord(host)} ${name}`).pipe(
    Effect.asSome,
    Effect.catchTag("NoSessionAnywhere", () => Effect.succeedNone),
    Effect.catchTag("PerhapsElsewhere", chooseWhere)
  )
  return yield* Option.isNone(host)
    ? createAndAttach(request)
    : openOnHost(host.value, (synced) => attach(request.name, synced))
})

/** On another machine, which shares the directory with this one. */
const attachOnMachine = Effect.fnUntraced(function*(error: SessionElsewhere) {
  const host = yield* hostOfMachine(error)
  return yield* openOnHost(host, (synced) => attach(error.name as SessionName, synced))
})

const createAndAttach = Effect.fnUntraced(function*(request: Open, synced: Effect.Effect<void> = Effect.void) {
  const { name } = request
  yield* synced
  const created = yield* make(request)
  if (Option.isNone(created)) return yield* attach(name)
  const end = yield* (yield* AttachClient).attach({
    name,
    role: "attach",
    ...(yield* shownWithin),
    created: created.value
  })
  return yield* reportEnd(name, end)
}, (command) => reportConnectionLost(command))

/** `sesh <name> -d`: creates the session if there is none. */
const create = Effect.fnUntraced(function*(request: Open) {
  const found = yield* (yield* SessionRegistry).get(request.name).pipe(
    Effect.asSome,
    Effect.catchTag("NoSession", () => Effect.succeedNone)
  )
  if (Option.isNone(found)) yield* make(request)
  return 0
})

/** The same on a host, in one question. */
const createThere = (request: Open, synced: Effect.Effect<void>) => Effect.as(Effect.andThen(synced, make(request)), 0)

/** Returns the new session's id, or none if there is one already. */
const make = Effect.fnUntraced(function*(request: Open) {
  return yield* launch(yield* newSpec({ ...request, awaited: !request.detached })).pipe(
    Effect.map(({ id }) => Option.some(id)),
    Effect.catchIf(
      (error) => error._tag === "SessionExists" && error.machine === undefined,
      () => Effect.succeedNone
    )
  )
})

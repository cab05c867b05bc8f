import * as Effect from "effect/Effect"
import { Caller } from "../services/Caller.ts"
import { Output } from "../services/Output.ts"
import { bridge } from "./bridge.ts"
import { completions } from "./completions.ts"
import { deploy } from "./deploy.ts"
import { detach } from "./detach.ts"
import { exec } from "./exec.ts"
import { help } from "./help.ts"
import { kill } from "./kill.ts"
import { exportLayout, importLayout } from "./layout.ts"
import { hosts, list, names } from "./list.ts"
import { open } from "./open.ts"
import { parse } from "./parse.ts"
import type { Request } from "./request.ts"
import { history, send, wait } from "./script.ts"
import { serve } from "./serve.ts"
import { told } from "./there.ts"
import { upgrade } from "./upgrade.ts"
import { watch } from "./watch.ts"

const perform = Effect.fnUntraced(function*(request: Request) {
  switch (request._tag) {
    case "Help":
      yield* (yield* Output).print(help)
      return 0
    case "Version":
      yield* (yield* Output).print(`sesh ${(yield* Caller).version}`)
      return 0
    case "List":
      return yield* list(request)
    case "Names":
      return yield* names(request)
    case "Hosts":
      return yield* hosts()
    case "Open":
      return yield* open(request)
    case "Watch":
      return yield* watch(request)
    case "Kill":
      return yield* kill(request)
    case "Detach":
      return yield* detach(request)
    case "Exec":
      return yield* exec(request)
    case "History":
      return yield* history(request)
    case "Send":
      return yield* send(request)
    case "Wait":
      return yield* wait(request)
    case "Export":
      return yield* exportLayout()
    case "Import":
      return yield* importLayout(request)
    case "Completions":
      return yield* completions(request)
    case "Serve":
      return yield* serve()
    case "Bridge":
      return yield* bridge(request)
    case "Deploy":
      return yield* deploy(request)
    case "Upgrade":
      return yield* upgrade()
  }
})

/** Runs one command line and gives the exit code. Expected failures have been told to the user by then. */
export const run = (argv: ReadonlyArray<string>) => told(Effect.flatMap(parse(argv), perform))

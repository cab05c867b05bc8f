import * as Effect from "effect/Effect"
import { Caller } from "../services/Caller.ts"
import { Output } from "../services/Output.ts"
import { completions } from "./completions/completions.ts"
import { deploy } from "./hosts/deploy.ts"
import { told } from "./hosts/onHost.ts"
import { upgrade } from "./hosts/upgrade.ts"
import { help } from "./language/help.ts"
import { parse } from "./language/parse.ts"
import type { Request } from "./language/request.ts"
import { bridge } from "./peer/bridge.ts"
import { serve } from "./peer/serve.ts"
import { exec } from "./scripts/exec.ts"
import { history, send, wait } from "./scripts/historySendWait.ts"
import { exportLayout, importLayout } from "./scripts/layout.ts"
import { detach } from "./session/detach.ts"
import { kill } from "./session/kill.ts"
import { hosts, list, names } from "./session/list.ts"
import { open } from "./session/open.ts"
import { watch } from "./session/watch.ts"

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

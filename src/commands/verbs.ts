/** All verbs, in the order in which the manual lists them. A new one is a line here, and its file. */
import { completions } from "./completions/completions.ts"
import { deploy } from "./hosts/deploy.ts"
import { forget } from "./hosts/forget.ts"
import { hosts } from "./hosts/hosts.ts"
import { upgrade } from "./hosts/upgrade.ts"
import { help } from "./language/help.ts"
import { version } from "./language/version.ts"
import { bridge } from "./peer/bridge.ts"
import { serve } from "./peer/serve.ts"
import { exec } from "./scripts/exec.ts"
import { exportLayout } from "./scripts/exportLayout.ts"
import { history } from "./scripts/history.ts"
import { importLayout } from "./scripts/importLayout.ts"
import { send } from "./scripts/send.ts"
import { wait } from "./scripts/wait.ts"
import { detach } from "./session/detach.ts"
import { kill } from "./session/kill.ts"
import { list } from "./session/list.ts"
import { names } from "./session/names.ts"
import { open } from "./session/open.ts"
import { watch } from "./session/watch.ts"

export const verbs = [
  list,
  names,
  hosts,
  open,
  watch,
  detach,
  kill,
  exec,
  history,
  send,
  wait,
  exportLayout,
  importLayout,
  completions,
  serve,
  bridge,
  deploy,
  upgrade,
  forget,
  help,
  version
]

/** `npm start -- …`: builds if needed and becomes, as far as the caller can tell, `sesh …`. */
import { spawn } from "node:child_process"
import { isatty } from "node:tty"
import { ensureBuilt, executable } from "./ensure.mjs"
import { exitCode, runMain } from "./steps.mjs"

await runMain(async () => {
  await ensureBuilt()
  const child = spawn(executable, process.argv.slice(2), { stdio: "inherit" })
  // What the terminal sends reaches the child by itself; sending it again would make it two.
  const own = isatty(0) ? ["SIGINT", "SIGQUIT"] : []
  for (const signal of own) process.on(signal, () => {})
  for (const signal of ["SIGINT", "SIGQUIT", "SIGTERM", "SIGHUP"]) {
    if (!own.includes(signal)) process.on(signal, () => child.kill(signal))
  }
  return new Promise((resolve, reject) => {
    child.on("error", reject)
    child.on("exit", (code, signal) => resolve(exitCode(code, signal)))
  })
})

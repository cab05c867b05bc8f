/**
 * Imported first when the snapshot is taken: until then no timer is real, and none fires. Node remembers when its next
 * timer is due, also when that one was called off, and in the snapshot too: a process whose first timer is due later
 * would wait for all of its timers for ever.
 */
import * as v8 from "node:v8"

const names = ["setTimeout", "setInterval", "clearTimeout", "clearInterval"] as const

const timer = { ref: () => timer, unref: () => timer, hasRef: () => false, refresh: () => timer }

for (const name of names) {
  const own = Object.getOwnPropertyDescriptor(globalThis, name)!
  Object.defineProperty(globalThis, name, { ...own, value: () => timer })
  v8.startupSnapshot.addSerializeCallback(() => void Object.defineProperty(globalThis, name, own))
}

/**
 * Replaces the timers until the snapshot is taken: none fires. Imported first. Node remembers when its next timer is
 * due, even if that was cleared, and keeps this in the snapshot: a process whose first timer is due later would wait
 * for ever.
 */
import * as v8 from "node:v8"

const names = ["setTimeout", "setInterval", "clearTimeout", "clearInterval"] as const

const timer = { ref: () => timer, unref: () => timer, hasRef: () => false, refresh: () => timer }

for (const name of names) {
  const own = Object.getOwnPropertyDescriptor(globalThis, name)!
  Object.defineProperty(globalThis, name, { ...own, value: () => timer })
  v8.startupSnapshot.addSerializeCallback(() => void Object.defineProperty(globalThis, name, own))
}

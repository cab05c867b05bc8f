/** What a program has changed about the keyboard: kitty's flags on each screen, and XTMODKEYS. */
import { setLimited } from "./limitedMap.ts"

export type Screen = "main" | "alternate"

/** Most entries of a kitty keyboard stack; the oldest is dropped (kitty keeps 8, screen.h). */
const MAX_ENTRIES = 8

/** One for each stream. */
export class Keyboards {
  /** Kitty keyboard flags of a screen: the base, then one entry for each push. */
  readonly main: Array<number> = [0]
  readonly alternate: Array<number> = [0]
  /** XTMODKEYS: resource to value; 4 is modifyOtherKeys. */
  readonly resources = new Map<number, number>()

  push(screen: Screen, flags: number): void {
    const stack = this[screen]
    stack.push(flags)
    if (stack.length > MAX_ENTRIES) stack.splice(1, 1)
  }

  pop(screen: Screen, count: number): void {
    const stack = this[screen]
    if (count >= stack.length) stack.splice(0, stack.length, 0)
    else stack.length -= count
  }

  /** `how`: 1 replaces the flags, 2 sets them, 3 clears them (kitty's `CSI = flags ; how u`). */
  set(screen: Screen, flags: number, how: number): void {
    const stack = this[screen]
    const now = stack[stack.length - 1]!
    stack[stack.length - 1] = how === 2 ? now | flags : how === 3 ? now & ~flags : flags
  }

  /** Both -1 where the sequence does not give them: no resource means all, no value means the initial one. */
  setResource(resource: number, value: number): void {
    if (resource === -1) this.resources.clear()
    // 0 is the initial value of modifyOtherKeys; other resources may start with another value.
    else if (value === -1 || (value === 0 && resource === 4)) this.resources.delete(resource)
    else setLimited(this.resources, resource, value)
  }

  reset(): void {
    this.resources.clear()
    this.main.splice(0, MAX_ENTRIES, 0)
    this.alternate.splice(0, MAX_ENTRIES, 0)
  }
}

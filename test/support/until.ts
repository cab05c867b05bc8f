/** How long something may take on a machine that is busy with something else. */
let patience = 20_000
const LOOK_MS = 20

/** How many times longer than programs of this processor emulated ones may take. */
const EMULATED = 5

/** From now on the tests of this file wait for emulated programs. */
export const waitForEmulation = (): void => {
  patience *= EMULATED
}

/** Looks again and again until it sees something; fails with what it saw last. */
export const until = async <A>(
  what: string,
  look: () => A | undefined | false | Promise<A | undefined | false>,
  seen?: () => unknown,
  patienceMs = patience
): Promise<A> => {
  for (const end = Date.now() + patienceMs;;) {
    const found = await look()
    if (found !== undefined && found !== false) return found
    if (Date.now() > end) {
      throw new Error(`never happened: ${what}${seen === undefined ? "" : `\nlast seen:\n${String(await seen())}`}`)
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
  }
}

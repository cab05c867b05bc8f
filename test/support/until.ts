/** How long something may take on a machine that is busy with something else. */
const PATIENCE_MS = 20_000
const LOOK_MS = 20

/** Looks again and again until it sees something; fails with what it saw last. */
export const until = async <A>(
  what: string,
  look: () => A | undefined | false | Promise<A | undefined | false>,
  seen?: () => unknown,
  patienceMs = PATIENCE_MS
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

/** Version of this sesh, as in package.json (a test holds them together). */
export const VERSION = "0.1.0"

/** As `sesh --version` prints it; of other programs of that name there are several. */
export const VERSION_LINE = /^sesh (\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?)$/

const numbers = (version: string): ReadonlyArray<number> => version.split("-")[0]!.split(".").map(Number)

/** Whether this version is as new as the other one, or newer. One with a suffix comes before the one without. */
export const isAsNewAs = (version: string, other: string): boolean => {
  const [mine, others] = [numbers(version), numbers(other)]
  const at = mine.findIndex((number, index) => number !== others[index])
  if (at !== -1) return mine[at]! > (others[at] ?? 0)
  return version === other || !version.includes("-")
}

import * as Result from "effect/Result"
import * as SemVer from "effect/SemVer"

/** Version of this sesh, as in package.json (a test holds them together). */
export const VERSION = "0.1.0"

/** As `sesh --version` prints it; of other programs of that name there are several. */
export const VERSION_LINE = /^sesh (\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?)$/

/** Whether a version is as new as the other one, or newer. What is no version, as another host may say, is never as new. */
export const isAsNewAs = (version: string, other: string): boolean => {
  const [one, two] = [SemVer.parse(version), SemVer.parse(other)]
  return Result.isSuccess(one) && Result.isSuccess(two) && SemVer.isGreaterThanOrEqualTo(one.success, two.success)
}

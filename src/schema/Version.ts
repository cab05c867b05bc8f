import * as Result from "effect/Result"
import * as SemVer from "effect/SemVer"

/** Version of this sesh, the same as in package.json (a test compares them). */
export const VERSION = "0.1.0"

/** What `sesh --version` prints. Other programs of that name exist; they print something else. */
export const VERSION_LINE = /^sesh (\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?)$/

/** Whether a version is as new as the other one, or newer. Text that is not a version, as a host may send, never is. */
export const isAsNewAs = (version: string, other: string): boolean => {
  const [one, two] = [SemVer.parse(version), SemVer.parse(other)]
  return Result.isSuccess(one) && Result.isSuccess(two) && SemVer.isGreaterThanOrEqualTo(one.success, two.success)
}

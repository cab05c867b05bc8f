/** Measures how fast bytes come or go. */

/** Between two reports. */
export const REPORT_EVERY_MS = 200

/** Reports that a rate is averaged over: three seconds of them. */
const RATE_OVER_REPORTS = 15

/** Bytes per second, recently: called with the time (ms) and all bytes so far, once for each report. */
export const makeRate = () => {
  const points: Array<readonly [at: number, bytes: number]> = []
  return (now: number, bytes: number): number => {
    points.push([now, bytes])
    if (points.length > RATE_OVER_REPORTS) points.shift()
    const [at, before] = points[0]!
    return now > at ? Math.round((bytes - before) / (now - at) * 1000) : 0
  }
}

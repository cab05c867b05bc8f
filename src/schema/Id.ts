/** Longest run of digits of a random number in base 36. */
const DIGITS = 11

/**
 * A name that no other session or client gets: 56 random bits behind the time. It tells them apart and is no secret;
 * node:crypto would cost ten milliseconds of start-up.
 */
export const newId = (): string =>
  `${Date.now().toString(36)}-${Math.random().toString(36).slice(2).padEnd(DIGITS, "0").slice(0, DIGITS)}`

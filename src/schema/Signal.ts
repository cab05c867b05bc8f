/** Signals whose numbers are the same on every system (POSIX, kill(1p)). */
export const SIGNAL_NUMBERS = { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 } as const

/**
 * Milliseconds of a clock that nobody sets, as performance.now(), whose module takes a check of the command line some
 * milliseconds to load.
 */
export const monotonicMs = (): number => process.uptime() * 1000;

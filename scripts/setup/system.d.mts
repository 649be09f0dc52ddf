/** Of system.mjs, what TypeScript sources use. */
export const buildJobs: number;
export function which(name: string): string | undefined;

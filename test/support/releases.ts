import { runtimeReleases } from '../../src/core/report/runtimeReleases';

const versions = runtimeReleases.map(({ version }) => version);

/** The newest TensorRT-RTX that is known and the one before; set-up fetches all. */
export const [older = '', newest = ''] = versions.slice(-2);

/** "1.7" of "1.7.1.116" */
export const minorOf = (version: string): string => version.split('.').slice(0, 2).join('.');
export const minors = versions.map(minorOf);

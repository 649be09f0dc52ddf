/** What `engine-inspector check` can be asked. */
export interface CheckOptions {
  json?: boolean;
  machine?: string;
  /** The first 64 bytes of an engine as hexadecimal digits. */
  compatibilityInfo?: string;
  runtime?: string;
  matchVersion?: boolean;
  /** With their dots, beside .engine. */
  ext: string[];
  followLinks?: boolean;
  /** Seconds. */
  timeout: number;
  verbose?: boolean;

  // A gate's (gate/settings.ts).
  target?: string[];
  rtx?: string;
  /** false: none. */
  config?: string | false;
  format?: string;
  /** "FORMAT=FILE" */
  output?: string[];
  failLevel?: string;
  exitZero?: boolean;
  baseline?: string;
  updateBaseline?: boolean;
  pruneBaseline?: boolean;
  filesFrom?: string;
  exclude?: string[];
  /** "1/4" */
  shard?: string;
  /** Reads more than the header. */
  deep?: boolean;
}

export function defaultCheckOptions(): CheckOptions {
  return { ext: [], timeout: 20 };
}

/** Formats that a plain check has as well: a line for each file. */
const lineFormats = ['csv', 'ndjson'] as const;
export type LineFormat = (typeof lineFormats)[number];

/** null: another format, or one for more than engines on this machine. */
export function lineFormat(options: CheckOptions): LineFormat | null {
  const { format, json, machine, compatibilityInfo } = options;
  if (json === true || machine !== undefined || compatibilityInfo !== undefined) return null;
  return lineFormats.find((name) => name === format) ?? null;
}

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

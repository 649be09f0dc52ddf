/** What `engine-inspector check` can be asked. */
export interface CheckOptions {
  json?: boolean;
  machine?: string;
  runtime?: string;
  matchVersion?: boolean;
  /** With their dots, beside .engine. */
  ext: string[];
  followLinks?: boolean;
  /** Seconds. */
  timeout: number;
  verbose?: boolean;
}

export function defaultCheckOptions(): CheckOptions {
  return { ext: [], timeout: 20 };
}

export type LayersErrorCode = 'empty' | 'too-large' | 'not-json' | 'not-layers';

export class LayersError extends Error {
  constructor(
    readonly code: LayersErrorCode,
    /** Whole sentences. */
    message: string,
    readonly line: number | null = null,
    readonly column: number | null = null,
  ) {
    super(message);
    this.name = 'LayersError';
  }
}
